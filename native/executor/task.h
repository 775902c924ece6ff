/*
 * A request that waits for the kernel or for systemd has a short-lived process of its own, so that nobody else waits with it.
 * Its answer may come after those to later requests.
 */
#ifndef HOSTLER_TASK_H
#define HOSTLER_TASK_H

#include "executor.h"

struct task_kind {
	const char *verb;
	verb_fn *perform;     /* in that process, which ends with it */
	unsigned int seconds; /* until it is killed: longer than anything takes but what hangs */
	int most;             /* at a time */
	bool is_alone;        /* at most one of these for a subject */
	int running;
};
/* What a host verb returns: ANSWERED_LATER, or a failure (EBUSY busy SUBJECT, ... worker SUBJECT). */
int task_begin(struct task_kind *kind, const char *subject, const struct request *request, struct failure *failure);

#endif
