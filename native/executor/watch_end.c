/*
 * The verbs `watch-end` and `unwatch-end`: the end of a guest's init, and whether anybody is left in its cgroup. The kernel tells
 * of both, where there is v2; yet what it tells of a cgroup may come 10 ms late, and not at all where that is removed before. So
 * it is looked at when init ends, and again after pauses that grow.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "limited.h"
#include "verbs.h"
#include "watches.h"
#include "whole.h"

enum { ENDS_MAX = 4096, FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 1000, ID = 4, CGROUP_ID = 5 };

struct end {
	struct source init;   /* its pidfd; -1 when it has ended */
	struct source events; /* cgroup.events; -1 where there is none */
	struct timer look;
	unsigned int pause_ms;
	int folder;
	bool is_populated;
	struct end *next;
	char id[WATCH_OWNER_BYTES];
};

static struct end *ends;
static int count;

static int open_end(struct end *end, const struct request *request, struct answer *answer, struct failure *failure);
static int listen_to(struct end *end);
static struct end *find(const char *id);
static void forget(struct end *end);
static void close_end(struct end *end);
static void close_source(struct source *source);
static void init_ready(struct source *source, uint32_t events);
static void events_ready(struct source *source, uint32_t events);
static void ring(struct timer *timer);
static void look(struct end *end);
static bool is_populated(struct end *end);
static bool found_one(pid_t pid, void *context);
static void say(const struct end *end, const char *kind, const char *more);

int verb_watch_end(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *id = request->word[ID];
	struct end *former = find(id), *end;

	if (strlen(id) >= WATCH_OWNER_BYTES)
		return malformed(request, failure);
	if (count >= ENDS_MAX && !former)
		return fail(failure, ENOSPC, "ends", id);
	end = calloc(1, sizeof(*end));
	if (!end)
		return fail(failure, ENOMEM, "ends", id);
	*end = (struct end){ { -1, init_ready }, { -1, events_ready }, { 0, ring, NULL }, 0, -1, false, NULL, "" };
	strcpy(end->id, id);
	if (open_end(end, request, answer, failure) < 0) {
		close_end(end);
		return -1;
	}
	if (former)
		forget(former);
	end->next = ends;
	ends = end;
	count++;
	end->is_populated = is_populated(end);
	say(end, "populated", end->is_populated ? " 1" : " 0");
	if (end->init.fd < 0)
		init_ready(&end->init, 0);
	return 0;
}

int verb_unwatch_end(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct end *end = find(request->word[1]);

	(void)answer;
	(void)failure;
	if (end)
		forget(end);
	return 0;
}

static int open_end(struct end *end, const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct guest guest;
	struct whole whole;
	int result, error;

	if (!limited_read(request, &guest))
		return malformed(request, failure);
	result = whole_of(&guest, request->words > CGROUP_ID ? request->word[CGROUP_ID] : NULL, &whole, failure);
	end->init.fd = guest.pidfd;
	end->folder = whole.folder;
	if (result < 0)
		return -1;
	if (end->folder >= 0)
		answer_ok(answer, "%llu:%llu", (unsigned long long)whole.device, (unsigned long long)whole.inode);
	error = listen_to(end);
	return error < 0 ? fail(failure, -error, "ends", end->id) : 0;
}

static int listen_to(struct end *end)
{
	int error = end->init.fd < 0 ? 0 : loop_add(&end->init, EPOLLIN);

	end->events.fd = end->folder < 0 ? -1 : openat(end->folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (error == 0 && end->events.fd >= 0)
		error = loop_add(&end->events, EPOLLPRI);
	return error;
}

static struct end *find(const char *id)
{
	struct end *end = ends;

	while (end && strcmp(end->id, id) != 0)
		end = end->next;
	return end;
}

static void forget(struct end *end)
{
	struct end **place = &ends;

	while (*place != end)
		place = &(*place)->next;
	*place = end->next;
	count--;
	close_end(end);
}

static void close_end(struct end *end)
{
	timer_set(&end->look, 0);
	close_source(&end->init);
	close_source(&end->events);
	close_fd(&end->folder);
	free(end);
}

static void close_source(struct source *source)
{
	if (source->fd >= 0)
		loop_remove(source);
	close_fd(&source->fd);
	source->fd = -1;
}

static void init_ready(struct source *source, uint32_t events)
{
	struct end *end = (struct end *)source;

	(void)events;
	close_source(source);
	say(end, "init-ended", "");
	end->pause_ms = FIRST_PAUSE_MS;
	look(end);
}

static void events_ready(struct source *source, uint32_t events)
{
	(void)events;
	look((struct end *)((char *)source - offsetof(struct end, events)));
}

static void ring(struct timer *timer)
{
	look((struct end *)((char *)timer - offsetof(struct end, look)));
}

static void look(struct end *end)
{
	bool now = is_populated(end);

	if (now != end->is_populated)
		say(end, "populated", now ? " 1" : " 0");
	end->is_populated = now;
	if (end->init.fd >= 0 || !now) {
		timer_set(&end->look, 0);
		return;
	}
	timer_set(&end->look, now_ms() + end->pause_ms);
	end->pause_ms = end->pause_ms * 2 < LONGEST_PAUSE_MS ? end->pause_ms * 2 : LONGEST_PAUSE_MS;
}

/* A file of a cgroup that is gone is ready for ever. To read it is what makes it ready for the next change. */
static bool is_populated(struct end *end)
{
	char text[256];
	bool found = false;
	ssize_t got;

	if (end->events.fd < 0) {
		if (end->folder >= 0)
			(void)processes_in(end->folder, found_one, &found);
		return found;
	}
	got = pread(end->events.fd, text, sizeof(text) - 1, 0);
	if (got < 0) {
		close_source(&end->events);
		close_fd(&end->folder);
		end->folder = -1;
		return false;
	}
	text[got] = '\0';
	return strstr(text, "populated 1") != NULL;
}

static bool found_one(pid_t pid, void *context)
{
	(void)pid;
	*(bool *)context = true;
	return false;
}

static void say(const struct end *end, const char *kind, const char *more)
{
	char id[3 * WATCH_OWNER_BYTES];

	emit_surely("%s %s%s", kind, encode(end->id, id, sizeof(id)), more);
}
