/* The verb `reach`: whether a guest does its work, as far as a port, a socket or a file tells. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "limited.h"
#include "task.h"
#include "verbs.h"
#include "whole.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 5, WAY = 4, WORD = 5, LISTENS = 0x0A, LAST_PORT = 65535 };

static struct guest guest;
/* 1, 0 or a failure. */
static int (*looks)(const char *word, struct failure *failure);

static bool read_way(const struct request *request);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int port_listens(const char *word, struct failure *failure);
static bool listens_in(const char *file, unsigned int port);
static int socket_listens(const char *path, struct failure *failure);
static int connect_as(int type, const struct sockaddr_un *address);
static int file_is_there(const char *path, struct failure *failure);
static int find(const char *path, struct failure *failure);

int verb_reach(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "reach", perform, TASK_SECONDS, TASKS_MAX, false, 0 };

	(void)answer;
	if (!limited_read(request, &guest) || !read_way(request))
		return malformed(request, failure);
	return task_begin(&kind, guest.cgroup, request, failure);
}

static bool read_way(const struct request *request)
{
	const char *way = request->word[WAY], *word = request->word[WORD];
	unsigned long port;

	looks = strcmp(way, "tcp") == 0 ? port_listens : strcmp(way, "unix") == 0 ? socket_listens : file_is_there;
	if (looks == port_listens)
		return parse_unsigned(word, LAST_PORT, &port) && port > 0;
	return word[0] == '/' && (looks == socket_listens || strcmp(way, "file") == 0);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct whole whole;
	int is;

	if (limited_open(&guest, failure) < 0 || whole_open(&guest, &whole, failure) < 0)
		return -1;
	is = looks(request->word[WORD], failure);
	if (is < 0 || limited_check(&guest, failure) < 0)
		return -1;
	answer_ok(answer, "%s", is ? "yes" : "no");
	return 0;
}

/* As the kernel tells it: nobody inside hears of it. */
static int port_listens(const char *word, struct failure *failure)
{
	unsigned long port = 0;

	(void)failure;
	(void)parse_unsigned(word, LAST_PORT, &port);
	return listens_in("tcp", (unsigned int)port) || listens_in("tcp6", (unsigned int)port);
}

/* Those that listen come first; of the others there may be very many. */
static bool listens_in(const char *file, unsigned int port)
{
	unsigned int found, state = LISTENS;
	bool listens = false;
	char path[64], line[512];
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/net/%s", guest.pid, file);
	lines = fopen(path, "re");
	if (!lines)
		return false;
	while (!listens && state == LISTENS && fgets(line, sizeof(line), lines))
		if (sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &found, &state) == 2)
			listens = state == LISTENS && found == port;
	fclose(lines);
	return listens;
}

/* By the handle of what was found. Nobody inside waits for an end that comes at once. */
static int socket_listens(const char *path, struct failure *failure)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd int found = find(path, failure);
	int error = -EPROTOTYPE;
	struct stat file;

	if (found < 0)
		return failure->error == ENOENT ? 0 : -1;
	if (fstat(found, &file) < 0 || !S_ISSOCK(file.st_mode))
		return 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", found);
	for (int i = 0; i < 3 && error == -EPROTOTYPE; i++)
		error = connect_as(types[i], &address);
	if (error == 0 || error == -EAGAIN)
		return 1;
	return error == -ECONNREFUSED ? 0 : fail(failure, -error, "connect", path);
}

/* EAGAIN: somebody listens, and others wait for him already. */
static int connect_as(int type, const struct sockaddr_un *address)
{
	autofd int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
}

static int file_is_there(const char *path, struct failure *failure)
{
	autofd int found = find(path, failure);

	if (found < 0)
		return failure->error == ENOENT ? 0 : -1;
	return 1;
}

/* Links are followed, as programs of the guest would, but never out of its root. ENOENT: there is none. */
static int find(const char *path, struct failure *failure)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int found = (int)syscall(SYS_openat2, guest.root, path, &how, sizeof(how));

	if (found < 0)
		return fail(failure, errno == ENOTDIR ? ENOENT : errno, "openat2", path);
	return found;
}
