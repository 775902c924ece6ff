/*
 * The verb `systemd`: says when systemd reads its units again or is run anew, after both of which it makes its device programs
 * anew; and which services it is ending.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "executor.h"
#include "systemd_states.h"
#include "systemd_stream.h"
#include "verbs.h"

enum { FIRST_PAUSE_MS = 50, LONGEST_PAUSE_MS = 60000, GREETING_MS = 30000 };

static void ready(struct source *source, uint32_t events);
static void ring(struct timer *timer);
static int begin(void);
static void end(void);
static bool take(const struct head *head, void *context);
static void say(const char *state);

static struct stream stream = { .fd = -1 };
static struct source source = { .fd = -1, .ready = ready };
static struct timer timer = { .ring = ring };
static uint64_t pause_ms;

int verb_systemd(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	(void)failure;
	if (!systemd_runs()) {
		answer_ok(answer, "absent");
		return 0;
	}
	if (source.fd < 0 && timer.at == 0 && begin() < 0)
		end();
	answer_ok(answer, "%s", stream.greeted ? "up" : "gone");
	return 0;
}

static void ready(struct source *of, uint32_t events)
{
	bool was_greeted = stream.greeted;

	(void)of;
	(void)events;
	if (stream_receive(&stream, take, NULL) < 0)
		end();
	if (!was_greeted && stream.greeted) {
		timer_set(&timer, 0);
		pause_ms = 0;
		say("up");
	}
}

/* The pause is over, or nobody answered: a manager that is busy takes its time. */
static void ring(struct timer *of)
{
	(void)of;
	if (source.fd >= 0 || begin() < 0)
		end();
}

static int begin(void)
{
	int error = stream_open(&stream);

	if (error < 0)
		return error;
	source.fd = stream.fd;
	timer_set(&timer, now_ms() + GREETING_MS);
	return loop_add(&source, EPOLLIN);
}

/* Again after a pause, longer and longer; a reexec takes a tenth of a second or several. */
static void end(void)
{
	if (stream.greeted)
		say("gone");
	states_forget();
	if (source.fd >= 0)
		loop_remove(&source);
	stream_close(&stream);
	stream.greeted = false;
	source.fd = -1;
	pause_ms = pause_ms == 0 ? FIRST_PAUSE_MS : pause_ms * 2 < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
	timer_set(&timer, now_ms() + pause_ms);
}

static bool take(const struct head *head, void *context)
{
	struct reader body = head->body;

	(void)context;
	if (head->type != MESSAGE_SIGNAL)
		return true;
	states_take(head);
	if (strcmp(head->member, "Reloading") == 0 && strcmp(head->interface, "org.freedesktop.systemd1.Manager") == 0 && strcmp(head->signature, "b") == 0)
		say(get_u32(&body) ? "reloading" : "reloaded");
	return true;
}

static void say(const char *state)
{
	emit_surely("systemd %s", state);
}
