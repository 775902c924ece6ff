#include "notices.h"

#include "executor.h"

/* A gap is only doubt: other network namespaces use numbers of the same sequence. */
static struct loss_state {
	const char *name;
	unsigned int pace_ms;
	bool due;
	uint64_t next_ms;
} losses[LOSSES] = {
	[LOSS_OVERFLOW] = { "overflow", 250, false, 0 },
	[LOSS_TRUNCATED] = { "truncated", 1000, false, 0 },
	[LOSS_GAP] = { "gap", 10000, false, 0 },
	[LOSS_UNREAD] = { "unread", 250, false, 0 },
	[LOSS_UNVERIFIED] = { "unverified", 1000, false, 0 },
};

enum { REFUSED_PACE_MS = 1000 };
static struct refusal_state {
	uint64_t total, said, next_ms;
	pid_t sender;
} refusals[UEVENT_VERDICTS];

static void say_due(struct timer *timer);
static struct timer timer = { .ring = say_due };

void notice_refused(enum uevent_verdict reason, pid_t sender)
{
	refusals[reason].total++;
	refusals[reason].sender = sender;
	say_due(&timer);
}

void notice_lost(enum loss reason)
{
	losses[reason].due = true;
	say_due(&timer);
}

uint64_t refused_total(enum uevent_verdict reason)
{
	return refusals[reason].total;
}

/* When to look again; 0: nothing waits. What an agent that does not read cannot hear stays due. */
static uint64_t say_lost(struct loss_state *loss, uint64_t now)
{
	if (!loss->due)
		return 0;
	if (loss->next_ms > now)
		return loss->next_ms;
	loss->next_ms = now + loss->pace_ms;
	if (output_is_full())
		return loss->next_ms;
	emit("uevents-lost %s", loss->name);
	loss->due = false;
	return 0;
}

static uint64_t say_refused(struct refusal_state *refusal, enum uevent_verdict reason, uint64_t now)
{
	if (refusal->total == refusal->said)
		return 0;
	if (refusal->next_ms > now)
		return refusal->next_ms;
	refusal->next_ms = now + REFUSED_PACE_MS;
	if (output_is_full())
		return refusal->next_ms;
	emit("uevent-refused %s %d %llu", uevent_verdict_name(reason), refusal->sender,
	     (unsigned long long)(refusal->total - refusal->said));
	refusal->said = refusal->total;
	return 0;
}

static uint64_t sooner(uint64_t left, uint64_t right)
{
	return !left || (right && right < left) ? right : left;
}

static void say_due(struct timer *due)
{
	uint64_t now = now_ms(), wake = 0;

	for (int i = 0; i < LOSSES; i++)
		wake = sooner(wake, say_lost(&losses[i], now));
	for (int i = 0; i < UEVENT_VERDICTS; i++)
		wake = sooner(wake, say_refused(&refusals[i], (enum uevent_verdict)i, now));
	timer_set(due, wake);
}
