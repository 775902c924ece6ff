/* The verb `hear-ready`: a guest says that it is ready as a service says it to systemd, to a socket in its own /dev. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "limited.h"
#include "publish.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 256, LONGEST_SECONDS = 3600, PATH_WORD = 4, SECONDS_WORD = 5, TEXT_BYTES = 4096, PAUSE_MS = 1 };

static struct guest guest;
static unsigned long seconds;

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int open_guest(struct failure *failure);
static int listen_at(const struct place *place, struct failure *failure);
static int bind_at(int heard, const struct place *place);
static int clear(const struct place *place);
static int await_ready(int heard, uint64_t until);
static bool says_ready(int heard);

int verb_hear_ready(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "hear-ready", perform, LONGEST_SECONDS + 10, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest) ||
	    !parse_unsigned(request->word[SECONDS_WORD], LONGEST_SECONDS, &seconds) || seconds == 0)
		return malformed(request, failure);
	return task_begin(&kind, guest.cgroup, request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	autoplace struct place place = { .parent = -1 };
	uint64_t until = now_ms() + seconds * 1000;
	int error;

	(void)answer;
	if (open_guest(failure) < 0 || place_open(&guest, request->word[PATH_WORD], &place, failure) < 0)
		return -1;
	autoidentity struct identity identity = identity_of_root(&guest);
	autofd int heard = listen_at(&place, failure);

	(void)identity;
	if (heard < 0)
		return -1;
	error = await_ready(heard, until);
	(void)clear(&place);
	if (error == -ETIMEDOUT)
		return fail(failure, ETIMEDOUT, "hear-ready", place.path);
	return error < 0 ? fail(failure, -error, "guest", request->word[1]) : 0;
}

static int open_guest(struct failure *failure)
{
	if (limited_open(&guest, failure) < 0)
		return -1;
	if (id_map_read(guest.pid, "uid_map", &guest.users) < 0 || id_map_read(guest.pid, "gid_map", &guest.groups) < 0)
		return fail(failure, ESRCH, "guest", guest.cgroup);
	return limited_check(&guest, failure);
}

/* What it is before it has a name it is with it: only the guest's root may speak to it. */
static int listen_at(const struct place *place, struct failure *failure)
{
	int heard = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = heard < 0 || fchmod(heard, 0600) < 0 ? -errno : bind_at(heard, place);

	if (error == -EADDRINUSE && clear(place) == 0)
		error = bind_at(heard, place);
	if (error == 0)
		return heard;
	close_fd(&heard);
	return error == -EADDRINUSE ? fail(failure, EEXIST, "foreign", place->path) : fail(failure, -error, "bind", place->path);
}

static int bind_at(int heard, const struct place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", place->parent, place->name);

	if (length >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	return bind(heard, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

/* Of another executor, or of this guest's start before. */
static int clear(const struct place *place)
{
	struct stat file;

	if (fstatat(place->parent, place->name, &file, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISSOCK(file.st_mode))
		return -EEXIST;
	return unlinkat(place->parent, place->name, 0) < 0 ? -errno : 0;
}

/* Whoever speaks waits while nobody reads, and it may be init: so all that is said is read. But nobody makes it run all the time. */
static int await_ready(int heard, uint64_t until)
{
	struct pollfd either[] = { { .fd = heard, .events = POLLIN }, { .fd = guest.pidfd, .events = POLLIN } };

	for (uint64_t now = now_ms(); now < until; now = now_ms()) {
		if (poll(either, 2, (int)(until - now)) < 0 && errno != EINTR)
			return -errno;
		if (says_ready(heard))
			return 0;
		if (guest_has_ended(&guest))
			return -ESRCH;
		(void)poll(NULL, 0, PAUSE_MS);
	}
	return says_ready(heard) ? 0 : -ETIMEDOUT;
}

static bool says_ready(int heard)
{
	char text[TEXT_BYTES + 1], *rest = text, *line;
	ssize_t got = recv(heard, text, TEXT_BYTES, 0);

	text[got < 0 ? 0 : got] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (strcmp(line, "READY=1") == 0)
			return true;
	return false;
}
