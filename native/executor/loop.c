#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "executor.h"
#include "loop.h"

static int epoll = -1;
static struct timer *timers;

static int wait_ms(void);
static void ring_due(void);

int loop_open(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll < 0 ? -errno : 0;
}

/* One event a turn: a callback may remove any other source, so no event may be kept across callbacks. */
int loop_run(void (*settle)(void))
{
	struct epoll_event event;

	for (;;) {
		int count = epoll_wait(epoll, &event, 1, wait_ms());

		if (count < 0 && errno != EINTR)
			return -errno;
		if (count == 1) {
			struct source *source = event.data.ptr;

			source->ready(source, event.events);
		}
		ring_due();
		settle();
	}
}

int loop_add(struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

int loop_change(struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return epoll_ctl(epoll, EPOLL_CTL_MOD, source->fd, &event) < 0 ? -errno : 0;
}

/* A source that was never added is no error: closing is the same for the half opened. */
void loop_remove(struct source *source)
{
	(void)epoll_ctl(epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

void timer_set(struct timer *timer, uint64_t at)
{
	struct timer **place = &timers;

	while (*place && *place != timer)
		place = &(*place)->next;
	if (*place && at == 0)
		*place = timer->next;
	if (!*place && at != 0) {
		timer->next = NULL;
		*place = timer;
	}
	timer->at = at;
}

uint64_t now_ms(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		abort();
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* -1 without a timer: an idle executor never wakes. */
static int wait_ms(void)
{
	uint64_t first = UINT64_MAX, now;

	if (!timers)
		return -1;
	for (struct timer *timer = timers; timer; timer = timer->next)
		if (timer->at < first)
			first = timer->at;
	now = now_ms();
	return first <= now ? 0 : (int)(first - now > 60000 ? 60000 : first - now);
}

/* From the start again after each: a callback may set or unset any timer. */
static void ring_due(void)
{
	struct timer *timer = timers;
	uint64_t now;

	if (!timer)
		return;
	now = now_ms();
	while (timer) {
		if (timer->at > now) {
			timer = timer->next;
			continue;
		}
		timer_set(timer, 0);
		timer->ring(timer);
		timer = timers;
	}
}
