/*
 * hostler-hook: what udev's RUN+= and LXC's hooks call. One datagram to the agent; it never blocks its caller and, but
 * for a start that the agent refuses, never fails it.
 *
 *   hostler-hook [GUEST]            look at this guest (at every guest)
 *   hostler-hook --start GUEST      may this guest start? exit 1: no
 *   NAME lxc start-host             the same, as LXC calls it
 */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifndef HOOK_SOCKET
#define HOOK_SOCKET "/run/hostler/hook.sock"
#endif

enum { ANSWER_MS = 5000, WAIT_SECONDS_MAX = 3600, MESSAGE_BYTES = 200 };

static const char *guest_that_starts(int count, char **argument);
static void nudge(const char *guest);
static int ask_to_start(const char *guest);

int main(int count, char **argument)
{
	const char *starting = guest_that_starts(count, argument);

	if (starting)
		return ask_to_start(starting);
	nudge(count > 1 ? argument[1] : "");
	return 0;
}

/* LXC gives NAME SECTION TYPE as arguments (hook version 0), or nothing but the environment (version 1). */
static const char *guest_that_starts(int count, char **argument)
{
	const char *type = getenv("LXC_HOOK_TYPE");

	if (count > 2 && strcmp(argument[1], "--start") == 0)
		return argument[2];
	if (count > 3 && strcmp(argument[2], "lxc") == 0 && strcmp(argument[3], "start-host") == 0)
		return argument[1];
	return count == 1 && type && strcmp(type, "start-host") == 0 ? getenv("LXC_NAME") : NULL;
}

/* udev passes a device's properties as environment, and nothing that a device says may choose the socket. */
static const char *socket_path(void)
{
	const char *path = secure_getenv("HOSTLER_HOOK_SOCKET");

	return path && path[0] == '/' && !getenv("DEVPATH") ? path : HOOK_SOCKET;
}

/* Bound to a name of the kernel's choice, so that there is an address to answer to. */
static int connect_to_agent(void)
{
	struct sockaddr_un agent = { .sun_family = AF_UNIX }, own = { .sun_family = AF_UNIX };
	const char *path = socket_path();
	int fd;

	if (strlen(path) >= sizeof(agent.sun_path))
		return -1;
	strcpy(agent.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) == 0 &&
	    connect(fd, (struct sockaddr *)&agent, sizeof(agent)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool say(int fd, const char *text, int length)
{
	return fd >= 0 && length > 0 && length < MESSAGE_BYTES && send(fd, text, (size_t)length, MSG_NOSIGNAL) == length;
}

/* Beside the socket, where the agent has a folder at all. */
static void leave_marker(void)
{
	const char *path = socket_path(), *slash = strrchr(path, '/');
	char marker[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof("nudge")];
	int fd;

	if (snprintf(marker, sizeof(marker), "%.*s/nudge", (int)(slash - path), path) >= (int)sizeof(marker))
		return;
	fd = open(marker, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

/* The agent looks for the marker when it has emptied its queue: one more try makes sure that it will do so again. */
static void nudge(const char *guest)
{
	char text[MESSAGE_BYTES];
	int length = snprintf(text, sizeof(text), "nudge %s", guest), fd = connect_to_agent();

	if (say(fd, text, length))
		return;
	leave_marker();
	(void)say(fd, text, length);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long long wait_seconds(const char *text)
{
	long seconds = strtol(text, NULL, 10);

	return seconds > 0 && seconds <= WAIT_SECONDS_MAX ? seconds : 0;
}

/* A guest starts unless the agent is there, in time, and says no. */
static int await_answer(int fd)
{
	long long until = now_ms() + ANSWER_MS;

	for (;;) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		long long left = until - now_ms();
		char text[32] = "";

		if (left <= 0 || poll(&poller, 1, (int)left) <= 0)
			return 0;
		if (recv(fd, text, sizeof(text) - 1, 0) < 0)
			return 0;
		if (strncmp(text, "wait ", 5) != 0)
			return strcmp(text, "refuse") == 0;
		until += 1000 * wait_seconds(text + 5);
	}
}

static int ask_to_start(const char *guest)
{
	const char *pid = getenv("LXC_PID");
	char text[MESSAGE_BYTES];
	int length = snprintf(text, sizeof(text), "start %ld %s", pid ? strtol(pid, NULL, 10) : 0L, guest);
	int fd = connect_to_agent();

	return say(fd, text, length) ? await_answer(fd) : 0;
}
