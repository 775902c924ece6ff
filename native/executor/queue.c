#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "answer.h"
#include "output.h"
#include "worker.h"

static void pop(struct worker *worker);
static void refuse(struct worker *worker, unsigned long plan, unsigned long step, const struct failure *why);
static bool cancelled(const struct worker *worker, const struct waiting *waiting, struct failure *failure);
static void note_failure(struct worker *worker, unsigned long plan, unsigned long step);
static void hand_to_worker(struct worker *worker);

void queue_add(struct worker *worker, const struct verb *verb, const struct request *request, const char *line,
	       size_t length)
{
	struct waiting *waiting = NULL;
	struct failure failure;

	if (worker->answers.fd < 0) {
		refuse(worker, request->plan, request->step, &worker->ended);
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
	queue_next(worker);
}

void queue_next(struct worker *worker)
{
	struct failure failure;

	while (worker->first && !worker->busy && output_has_room()) {
		if (!cancelled(worker, worker->first, &failure)) {
			hand_to_worker(worker);
			return;
		}
		refuse(worker, worker->first->plan, worker->first->step, &failure);
		pop(worker);
	}
}

void queue_done(struct worker *worker, bool failed)
{
	bool stillborn = failed && verb_opens(worker->first->verb);
	struct failure unopened;

	timer_set(&worker->deadline, 0);
	if (failed)
		note_failure(worker, worker->first->plan, worker->first->step);
	worker->busy = false;
	pop(worker);
	if (stillborn) {
		fail(&unopened, ESRCH, "guest", worker->name);
		worker_close(worker, &unopened);
	} else {
		queue_next(worker);
	}
}

void queue_fail_all(struct worker *worker, const struct failure *why)
{
	worker->busy = false;
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
		note_failure(worker, plan, step);
}

static bool cancelled(const struct worker *worker, const struct waiting *waiting, struct failure *failure)
{
	char id[48];

	for (int i = 0; i < FAILED_PLANS && waiting->plan != 0; i++) {
		const struct failed_plan *failed = &worker->failed[i];

		if (failed->plan != waiting->plan || failed->step >= waiting->step)
			continue;
		snprintf(id, sizeof(id), "%lu.%lu", failed->plan, failed->step);
		fail(failure, ECANCELED, "plan", id);
		return true;
	}
	return false;
}

/* The last few plans are enough: a plan's steps are sent together. Its first failure is the one that counts. */
static void note_failure(struct worker *worker, unsigned long plan, unsigned long step)
{
	if (plan == 0)
		return;
	for (int i = 0; i < FAILED_PLANS; i++)
		if (worker->failed[i].plan == plan && worker->failed[i].step <= step)
			return;
	worker->failed[worker->failures++ % FAILED_PLANS] = (struct failed_plan){ plan, step };
}

static void hand_to_worker(struct worker *worker)
{
	const struct waiting *first = worker->first;
	ssize_t sent = send(worker->answers.fd, first->line, first->length, MSG_DONTWAIT | MSG_NOSIGNAL);
	struct failure broken;

	worker->busy = true;
	if (sent == (ssize_t)first->length) {
		timer_set(&worker->deadline, now_ms() + DEADLINE_MS);
		return;
	}
	emit("guest-suspect %s", worker->name);
	fail(&broken, EPIPE, "worker", worker->name);
	worker_end(worker, &broken);
}
