#include "presence.h"

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../node-udev/udevd.h"
#include "executor.h"

static void daemon_ended(struct source *source, uint32_t events);
static void run_changed(struct source *source, uint32_t events);

static struct source daemon_end = { -1, daemon_ended }; /* udevd's pidfd while it is up */
static struct source arrival = { -1, run_changed };     /* inotify while it is gone */
static bool looked;

static bool find_daemon(void);
static bool follow(pid_t pid);
static void await_arrival(void);
static void forget(struct source *source);

void presence_look(void)
{
	if (looked)
		return;
	looked = true;
	emit_surely("udevd %s", find_daemon() ? "up" : "gone");
}

void presence_heard(void)
{
	if (daemon_end.fd < 0 && find_daemon())
		emit_surely("udevd up");
}

/* Listens before it looks, so that a udevd that starts in between is not missed. */
static bool find_daemon(void)
{
	await_arrival();
	if (!follow(udevd_find()))
		return false;
	forget(&arrival);
	return true;
}

static bool follow(pid_t pid)
{
	daemon_end.fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (daemon_end.fd < 0)
		return false;
	if (udevd_is(pid) && loop_add(&daemon_end, EPOLLIN) == 0)
		return true;
	forget(&daemon_end);
	return false;
}

/* udevd makes its control socket when it starts and its queue file with its first event; /run/udev itself may come later. */
static void await_arrival(void)
{
	forget(&arrival);
	arrival.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (arrival.fd < 0)
		return;
	if (inotify_add_watch(arrival.fd, "/run/udev", IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0 &&
	    inotify_add_watch(arrival.fd, "/run", IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
		forget(&arrival);
	else if (loop_add(&arrival, EPOLLIN) < 0)
		forget(&arrival);
}

static void daemon_ended(struct source *source, uint32_t events)
{
	(void)events;
	forget(source);
	emit_surely("udevd gone");
	presence_heard();
}

static void run_changed(struct source *source, uint32_t events)
{
	char bytes[4096];

	(void)events;
	while (read(source->fd, bytes, sizeof(bytes)) > 0)
		;
	if (access("/run/udev", F_OK) == 0)
		presence_heard();
}

static void forget(struct source *source)
{
	if (source->fd < 0)
		return;
	loop_remove(source);
	close(source->fd);
	source->fd = -1;
}
