/*
 * The main process's side of a guest: its name, the pidfd of its init, and the worker process that alone touches its
 * files. Requests wait here and go to the worker one at a time, so that a deadline counts one verb.
 */
#ifndef HOSTLER_WORKER_H
#define HOSTLER_WORKER_H

#include "executor.h"
#include "verbs.h"

enum { GUEST_NAME_MAX = 64, QUEUE_MAX = 256, FAILED_PLANS = 8 };

struct waiting {
	struct waiting *next;
	const struct verb *verb;
	unsigned long plan, step;
	size_t length;
	char line[]; /* as the agent wrote it, without newline */
};

struct failed_plan {
	unsigned long plan, step;
};

struct worker {
	struct source answers; /* SOCK_SEQPACKET; fd -1 when the worker has ended */
	struct source init;    /* pidfd of the guest's init */
	struct timer deadline;
	struct worker *next;
	struct waiting *first, **last; /* first is in the worker while `busy` */
	int queued;
	bool busy;
	int process; /* pidfd of the worker */
	struct failure ended; /* why there is no worker any more */
	struct failed_plan failed[FAILED_PLANS];
	unsigned int failures;
	char name[GUEST_NAME_MAX + 1];
};

/* NULL: not open. */
struct worker *worker_find(const char *name);
int worker_count(void);
/* Starts the worker of a `guest-open`; what was open under the name is closed. NULL: failed. */
struct worker *worker_open(const struct request *request, struct failure *failure);
/* Answers all that waits with `why`, kills the worker process. */
void worker_end(struct worker *worker, const struct failure *why);
/* Ends the worker and forgets the guest. */
void worker_close(struct worker *worker, const struct failure *why);
/* Again when the output has room. */
void workers_resume(void);

/* queue.c. Takes a request of this guest: answered now if it is refused, else by the worker. */
void queue_add(struct worker *worker, const struct verb *verb, const struct request *request, const char *line,
	       size_t length);
/* Hands the next request to an idle worker. */
void queue_next(struct worker *worker);
/* The request in the worker has been answered. */
void queue_done(struct worker *worker, bool failed);
void queue_fail_all(struct worker *worker, const struct failure *why);

#endif
