#include "watch.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "counters.h"
#include "executor.h"
#include "orphans.h"
#include "verbs.h"

enum { READ_BYTES = 16384, PACE_TURNS = 2, PACE_EVENTS = 256, PACE_MS = 10, UNREAD_PACE_MS = 100 };

static void ready(struct source *source, uint32_t events);
static void look(void);
static void paced(struct timer *timer);
static struct source inotify = { -1, ready };
static struct timer pace = { .ring = paced };

static int drain(void);
static void rest(unsigned int pace_ms);
static int take_all(const char *bytes, ssize_t length);
static void take(const struct inotify_event *event);

int watch_open(void)
{
	int fd = inotify.fd >= 0 ? inotify.fd : inotify_init1(IN_NONBLOCK | IN_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	if (fd == inotify.fd)
		return 0;
	inotify.fd = fd;
	error = loop_add(&inotify, EPOLLIN);
	if (error < 0) {
		close(fd);
		inotify.fd = -1;
	}
	return error;
}

int watch_fd(void)
{
	return inotify.fd;
}

/* Whoever asks, a rest is a rest: every change that is told makes the agent ask, and every answer would end it. */
void watch_drain(void)
{
	if (pace.at == 0)
		look();
}

void watch_take(void)
{
	(void)drain();
}

void watch_mounts_changed(const char *guest)
{
	struct watch *watch = NULL;

	while ((watch = watches_of_owner(false, guest, watch))) {
		if (strcmp(watch->path, "dev") != 0)
			continue;
		watches_note(watch, MOUNTS_CHANGED);
		watch_drain();
		return;
	}
}

static void ready(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	look();
}

/*
 * A guest that touches its /dev in a loop is heard every PACE_MS, however much it does: the kernel keeps the rest. The
 * first changes after a calm are heard at once.
 */
static void look(void)
{
	static uint64_t since;
	static int turns, taken;
	uint64_t now = now_ms();
	int fresh = drain();

	if (now - since >= PACE_MS) {
		since = now;
		turns = taken = 0;
	}
	turns += fresh > 0;
	taken += fresh;
	if (!watch_say())
		rest(UNREAD_PACE_MS);
	else if (turns >= PACE_TURNS || taken >= PACE_EVENTS)
		rest(PACE_MS);
}

static void rest(unsigned int pace_ms)
{
	if (loop_change(&inotify, 0) == 0)
		timer_set(&pace, now_ms() + pace_ms);
}

/* Until one rest was calm. */
static void paced(struct timer *timer)
{
	int taken = drain();

	(void)timer;
	if (!watch_say())
		rest(UNREAD_PACE_MS);
	else if (taken > 0)
		rest(PACE_MS);
	else
		(void)loop_change(&inotify, EPOLLIN);
}

/* What is there at the start, not what comes meanwhile: a busy guest cannot hold the loop. */
static int drain(void)
{
	static char bytes[READ_BYTES] __attribute__((aligned(__alignof__(struct inotify_event))));
	int waiting = 0, taken = 0;

	if (inotify.fd < 0 || ioctl(inotify.fd, FIONREAD, &waiting) < 0)
		return 0;
	while (waiting > 0) {
		ssize_t got = read(inotify.fd, bytes, sizeof(bytes));

		if (got <= 0)
			break;
		waiting -= (int)got;
		taken += take_all(bytes, got);
	}
	return taken;
}

static int take_all(const char *bytes, ssize_t length)
{
	int taken = 0;

	for (ssize_t at = 0; at < length; taken++) {
		const struct inotify_event *event = (const struct inotify_event *)(bytes + at);

		take(event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return taken;
}

/* A descriptor that a worker added and whose answer is still on its way, or one that was just taken back. */
static void take_unclaimed(const struct inotify_event *event)
{
	enum orphan orphan;

	if (event->mask & IN_IGNORED) {
		(void)orphans_claim(event->wd);
		return;
	}
	orphan = orphans_add(event->wd, event->mask, now_ms());
	if (orphan == ORPHAN_NO_ROOM)
		watch_note_overflow();
	if (orphan == ORPHAN_ABANDONED)
		(void)inotify_rm_watch(inotify.fd, event->wd);
}

static void take(const struct inotify_event *event)
{
	struct watch *watch = watches_of_descriptor(event->wd, NULL);

	count(COUNT_WATCH_EVENTS);
	if (event->mask & IN_Q_OVERFLOW) {
		count(COUNT_WATCH_OVERFLOWS);
		watch_note_overflow();
		return;
	}
	if (!watch)
		take_unclaimed(event);
	for (; watch; watch = watches_of_descriptor(event->wd, watch))
		watch_note(watch, event);
}
