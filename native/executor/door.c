/* The verb `door`: the control socket that people connect to. Who may pass is decided here, what is said is not looked at. */
#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "passage.h"
#include "sockets.h"
#include "verbs.h"

enum { BACKLOG = 16, GROUP_MAX = 0x7fffffff };

static void ready(struct source *source, uint32_t events);
static struct source door = { -1, ready };
static struct sockaddr_un inner;

static int open_door(const char *path, gid_t group, struct failure *failure);
static void pass(int client);
static bool is_at_home(pid_t pid);

int verb_door(const struct request *request, struct answer *answer, struct failure *failure)
{
	unsigned long group;

	(void)answer;
	if (!socket_address(request->word[2], &inner) || !parse_unsigned(request->word[3], GROUP_MAX, &group))
		return malformed(request, failure);
	if (door.fd >= 0) {
		loop_remove(&door);
		close(door.fd);
	}
	door.fd = open_door(request->word[1], (gid_t)group, failure);
	if (door.fd < 0)
		return -1;
	return loop_add(&door, EPOLLIN) < 0 ? fail(failure, errno, "epoll_ctl", request->word[1]) : 0;
}

/* Nobody can connect before it listens, and it listens only when the group is right. */
static int open_door(const char *path, gid_t group, struct failure *failure)
{
	int fd = socket_bind(path, SOCK_STREAM, 0660);

	if (fd < 0)
		return fail(failure, -fd, "bind", path);
	if (lchown(path, 0, group) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fail(failure, errno, "listen", path);
	close(fd);
	return -1;
}

static void ready(struct source *source, uint32_t events)
{
	int client = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (client >= 0)
		pass(client);
}

static void pass(int client)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	char preamble[64];
	bool opened = false;

	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && is_at_home(peer.pid)) {
		snprintf(preamble, sizeof(preamble), "hostler-peer %u %u %d\n", peer.uid, peer.gid, peer.pid);
		opened = passage_open(client, &inner, preamble);
	}
	count(opened ? COUNT_DOOR_CONNECTIONS : COUNT_DOOR_REFUSED);
	if (!opened)
		close(client);
}

/* A socket that was bound into a guest, or a process that entered one: its uid means nothing here. */
static bool is_at_home(pid_t pid)
{
	return pid > 0 && shares_namespace(pid, "pid") > 0 && shares_namespace(pid, "user") > 0 &&
	       shares_namespace(pid, "mnt") > 0;
}
