/*
 * The main process's side of a guest: its name, the pidfd of its init, and the worker process that alone touches its
 * files. Requests wait here and go to the worker together at the end of a turn of the loop: one waking for a whole plan.
 */
#ifndef HOSTLER_WORKER_H
#define HOSTLER_WORKER_H

#include "executor.h"
#include "plans.h"
#include "verbs.h"

enum { GUEST_NAME_MAX = 255, QUEUE_MAX = 256 };

struct waiting {
	struct waiting *next;
	const struct verb *verb;
	unsigned long plan, step;
	size_t length;
	bool overfull; /* the verb's row hook had no room */
	char line[]; /* as the agent wrote it, without newline */
};

struct worker {
	struct source answers; /* SOCK_SEQPACKET; fd -1 when the worker has ended */
	struct source init;    /* pidfd of the guest's init */
	struct timer deadline;
	struct source mounts;  /* mountinfo of the guest's init; fd -1 without */
	int mounts_told;       /* the same, opened once more: changed since it was last told */
	struct timer mounts_rest;
	struct worker *next;
	struct waiting *first, **last;
	int queued, handed; /* of those that wait, the first `handed` are in the worker */
	int process; /* pidfd of the worker */
	int stuck;   /* pidfd of a worker that missed its deadline, -1 without */
	struct failure ended; /* why there is no worker any more */
	struct failed_plans plans;
	off_t claim; /* the place of its claim, which an action takes */
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
/* At the end of each turn of the loop: idle workers get what waits for them. */
void workers_hand(void);
/* Again when the output has room. */
void workers_resume(void);

/* queue.c. Takes a request of this guest: answered now if it is refused, else by the worker. */
void queue_add(struct worker *worker, const struct verb *verb, const struct request *request, const char *line,
	       size_t length);
/* Hands what waits to an idle worker. */
void queue_hand(struct worker *worker);
/* The first request in the worker has been answered. False: that was the end of the worker. */
bool queue_done(struct worker *worker, bool failed);
void queue_fail_all(struct worker *worker, const struct failure *why);

#endif
