#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "answer.h"
#include "claims.h"
#include "output.h"
#include "worker.h"

static bool may_change(struct worker *worker, const struct request *request, struct failure *failure);
static void pop(struct worker *worker);
static void refuse(struct worker *worker, unsigned long plan, unsigned long step, const struct failure *why);
static size_t pack(struct worker *worker, char *packet, size_t size);

void queue_add(struct worker *worker, const struct verb *verb, const struct request *request, const char *line,
	       size_t length)
{
	struct waiting *waiting = NULL;
	struct failure failure;

	if (worker->answers.fd < 0) {
		refuse(worker, request->plan, request->step, &worker->ended);
		return;
	}
	if (verb->changes && !may_change(worker, request, &failure)) {
		refuse(worker, request->plan, request->step, &failure);
		return;
	}
	if (worker->queued < QUEUE_MAX)
		waiting = malloc(sizeof(*waiting) + length);
	if (!waiting) {
		fail(&failure, EBUSY, "busy", worker->name);
		refuse(worker, request->plan, request->step, &failure);
		return;
	}
	*waiting = (struct waiting){ .verb = verb, .plan = request->plan, .step = request->step, .length = length };
	memcpy(waiting->line, line, length);
	*worker->last = waiting;
	worker->last = &waiting->next;
	worker->queued++;
}

/* Of a plan that has failed so, the later steps are cancelled as they are behind every failure. */
static bool may_change(struct worker *worker, const struct request *request, struct failure *failure)
{
	if (claim_take(worker->claim, failure) == 0)
		return true;
	(void)plan_is_cancelled(&worker->plans, request->plan, request->step, failure);
	return false;
}

void queue_hand(struct worker *worker)
{
	static char packet[LINE_MAX_BYTES];
	struct failure failure;
	size_t length;

	if (worker->handed > 0 || !output_has_room())
		return;
	while (worker->first && plan_is_cancelled(&worker->plans, worker->first->plan, worker->first->step, &failure)) {
		refuse(worker, worker->first->plan, worker->first->step, &failure);
		pop(worker);
	}
	length = pack(worker, packet, sizeof(packet));
	if (length == 0)
		return;
	timer_set(&worker->deadline, now_ms() + DEADLINE_MS);
	if (send(worker->answers.fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length)
		return;
	emit_surely("guest-suspect %s", worker->name);
	fail(&failure, EPIPE, "worker", worker->name);
	worker_end(worker, &failure);
}

bool queue_done(struct worker *worker, bool failed)
{
	bool stillborn = failed && verb_opens(worker->first->verb);
	struct failure unopened;

	if (failed)
		plan_failed(&worker->plans, worker->first->plan, worker->first->step);
	if (--worker->handed == 0)
		timer_set(&worker->deadline, 0);
	pop(worker);
	if (!stillborn)
		return true;
	fail(&unopened, ESRCH, "guest", worker->name);
	worker_close(worker, &unopened);
	return false;
}

void queue_fail_all(struct worker *worker, const struct failure *why)
{
	worker->handed = 0;
	while (worker->first) {
		refuse(worker, worker->first->plan, worker->first->step, why);
		pop(worker);
	}
}

static void pop(struct worker *worker)
{
	struct waiting *first = worker->first;

	worker->first = first->next;
	if (!worker->first)
		worker->last = &worker->first;
	worker->queued--;
	free(first);
}

static void refuse(struct worker *worker, unsigned long plan, unsigned long step, const struct failure *why)
{
	struct answer answer = { .plan = plan, .step = step, .write = output_write };

	answer_fail(&answer, why);
	if (strcmp(why->call, "plan") != 0)
		plan_failed(&worker->plans, plan, step);
}

/*
 * A guest is opened by itself: what comes behind is nothing to a worker whose guest is not open. A cancelled step ends
 * the packet: its worker may not know of the failure.
 */
static size_t pack(struct worker *worker, char *packet, size_t size)
{
	struct failure cancelled;
	size_t used = 0;

	for (const struct waiting *waiting = worker->first; waiting; waiting = waiting->next) {
		if (used + waiting->length + 1 > size || (used > 0 && verb_opens(waiting->verb)) ||
		    plan_is_cancelled(&worker->plans, waiting->plan, waiting->step, &cancelled))
			break;
		memcpy(packet + used, waiting->line, waiting->length);
		used += waiting->length;
		packet[used++] = '\n';
		worker->handed++;
		if (verb_opens(waiting->verb))
			break;
	}
	return used;
}
