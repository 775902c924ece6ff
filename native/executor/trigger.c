/*
 * The verbs `trigger` and `untrigger`: events of the kernel that inotify does not tell. Pressure is polled at its own file;
 * on v1 an eventfd is registered with the cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "hierarchies.h"
#include "paths.h"
#include "verbs.h"
#include "watches.h"

enum { TRIGGERS_MAX = 4096, BUCKETS = 1024, TEXT_BYTES = 64, PACE_MS = 10, UNREAD_PACE_MS = 100 };

struct trigger {
	struct source source;
	struct timer due; /* an event that is told later, since one was told just before */
	uint64_t told_ms;
	ino_t folder; /* of an eventfd; never another's, also when the path is */
	struct trigger *next; /* of all with the same hash */
	char id[WATCH_OWNER_BYTES];
	char path[];
};

static struct trigger *triggers[BUCKETS];
static int count;

static int check(const struct request *request, bool *is_pressure, struct failure *failure);
static bool is_named(const char *path, const char *const *names);
static int open_pressure(const char *path, const char *text);
static int open_event(const char *path, const char *text);
static ino_t folder_of(const char *path);
static int keep(const struct request *request, int fd, bool is_pressure, ino_t folder);
static void forget(struct trigger *trigger);
static struct trigger **bucket_of(const char *id);
static struct trigger *find(const char *id);
static void pressure_ready(struct source *source, uint32_t events);
static void event_ready(struct source *source, uint32_t events);
static void rang(struct trigger *trigger);
static void say(struct timer *timer);
static void gone(struct trigger *trigger);

int verb_trigger(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *path = request->word[2], *text = request->word[3];
	struct trigger *former = find(request->word[1]);
	bool is_pressure = false;
	ino_t folder;
	int fd, error;

	(void)answer;
	if (check(request, &is_pressure, failure) < 0)
		return -1;
	if (count >= TRIGGERS_MAX && !former)
		return fail(failure, ENOSPC, "triggers", path);
	folder = folder_of(path);
	fd = is_pressure ? open_pressure(path, text) : open_event(path, text);
	error = fd < 0 ? fd : keep(request, fd, is_pressure, folder);
	if (error < 0)
		return fail(failure, -error, "trigger", path);
	if (former)
		forget(former);
	return 0;
}

int verb_untrigger(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct trigger *trigger = find(request->word[1]);

	(void)answer;
	(void)failure;
	if (trigger)
		forget(trigger);
	return 0;
}

/* The text becomes a part of a line that the kernel reads. */
static int check(const struct request *request, bool *is_pressure, struct failure *failure)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789, ";
	static const char *const pressures[] = { "cpu.pressure", "memory.pressure", "io.pressure", "irq.pressure", NULL };
	static const char *const events[] = { "memory.oom_control", "memory.usage_in_bytes",
					      "memory.memsw.usage_in_bytes", "memory.pressure_level", NULL };
	const char *path = request->word[2], *text = request->word[3];
	bool is_host = strncmp(path, "/proc/pressure/", 15) == 0;

	if (strlen(request->word[1]) >= WATCH_OWNER_BYTES || path[0] != '/' || strlen(path) >= PATH_MAX ||
	    strlen(text) >= TEXT_BYTES || strspn(text, allowed) != strlen(text))
		return malformed(request, failure);
	if (path_check(path + 1, failure) < 0)
		return -1;
	*is_pressure = is_host || is_named(path, pressures);
	return is_host || (is_in_hierarchy(path) && (*is_pressure || is_named(path, events))) ?
		       0 :
		       fail(failure, EPERM, "cgroup", path);
}

static bool is_named(const char *path, const char *const *names)
{
	while (*names && strcmp(strrchr(path, '/') + 1, *names) != 0)
		names++;
	return *names;
}

static int open_pressure(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), error;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text) + 1) == (ssize_t)strlen(text) + 1)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* The kernel keeps what it needs of the two files. */
static int open_event(const char *path, const char *text)
{
	autofd int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char control[PATH_MAX + 32], line[TEXT_BYTES + 32];
	int event, length;

	snprintf(control, sizeof(control), "%.*s/cgroup.event_control", (int)(strrchr(path, '/') - path), path);
	autofd int registry = file < 0 ? -1 : open(control, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (registry < 0)
		return -errno;
	event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (event < 0)
		return -errno;
	length = snprintf(line, sizeof(line), "%d %d %s", event, file, text);
	if (write(registry, line, (size_t)length) != length) {
		length = -errno;
		close(event);
		return length;
	}
	return event;
}

/* 0: it is not there. */
static ino_t folder_of(const char *path)
{
	char folder[PATH_MAX];
	struct stat found;

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	return lstat(folder, &found) < 0 ? 0 : found.st_ino;
}

/* Owns the descriptor. A folder that is another one by now was removed before the kernel was asked, or just after. */
static int keep(const struct request *request, int fd, bool is_pressure, ino_t folder)
{
	const char *path = request->word[2];
	struct trigger *trigger = calloc(1, sizeof(*trigger) + strlen(path) + 1);
	int error = !trigger ? -ENOMEM : folder == 0 || folder_of(path) != folder ? -ENOENT : 0;

	if (trigger) {
		trigger->source = (struct source){ fd, is_pressure ? pressure_ready : event_ready };
		trigger->due.ring = say;
		strcpy(trigger->id, request->word[1]);
		strcpy(trigger->path, path);
		trigger->folder = folder;
	}
	if (error == 0)
		error = loop_add(&trigger->source, is_pressure ? EPOLLPRI : EPOLLIN);
	if (error < 0) {
		free(trigger);
		close(fd);
		return error;
	}
	trigger->next = *bucket_of(trigger->id);
	*bucket_of(trigger->id) = trigger;
	count++;
	return 0;
}

static void forget(struct trigger *trigger)
{
	struct trigger **place = bucket_of(trigger->id);

	while (*place != trigger)
		place = &(*place)->next;
	*place = trigger->next;
	count--;
	timer_set(&trigger->due, 0);
	loop_remove(&trigger->source);
	close(trigger->source.fd);
	free(trigger);
}

static struct trigger **bucket_of(const char *id)
{
	return &triggers[hash_text(id) % BUCKETS];
}

static struct trigger *find(const char *id)
{
	struct trigger *trigger = *bucket_of(id);

	while (trigger && strcmp(trigger->id, id) != 0)
		trigger = trigger->next;
	return trigger;
}

/* To be polled is what makes the kernel ready for the next. */
static void pressure_ready(struct source *source, uint32_t events)
{
	struct trigger *trigger = (struct trigger *)source;

	if (events & EPOLLERR)
		gone(trigger);
	else
		rang(trigger);
}

/* The end of the cgroup rings as well. */
static void event_ready(struct source *source, uint32_t events)
{
	struct trigger *trigger = (struct trigger *)source;
	eventfd_t times;

	(void)events;
	(void)eventfd_read(source->fd, &times);
	if (folder_of(trigger->path) != trigger->folder)
		gone(trigger);
	else
		rang(trigger);
}

/* A guest that is out of memory all the time is heard every PACE_MS. */
static void rang(struct trigger *trigger)
{
	if (trigger->due.at != 0)
		return;
	if (now_ms() - trigger->told_ms >= PACE_MS)
		say(&trigger->due);
	else
		timer_set(&trigger->due, trigger->told_ms + PACE_MS);
}

static void say(struct timer *timer)
{
	struct trigger *trigger = (struct trigger *)((char *)timer - offsetof(struct trigger, due));
	char id[3 * WATCH_OWNER_BYTES];

	if (output_is_full()) {
		timer_set(timer, now_ms() + UNREAD_PACE_MS);
		return;
	}
	trigger->told_ms = now_ms();
	emit("trigger %s", encode(trigger->id, id, sizeof(id)));
}

static void gone(struct trigger *trigger)
{
	char id[3 * WATCH_OWNER_BYTES];

	if (trigger->due.at != 0)
		say(&trigger->due);
	emit_surely("trigger-gone %s", encode(trigger->id, id, sizeof(id)));
	forget(trigger);
}
