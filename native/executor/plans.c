#include "plans.h"

#include <errno.h>
#include <stdio.h>

/* The last few plans are enough: a plan's steps are sent together. Its first failure is the one that counts. */
void plan_failed(struct failed_plans *plans, unsigned long plan, unsigned long step)
{
	if (plan == 0)
		return;
	for (int i = 0; i < FAILED_PLANS; i++)
		if (plans->failed[i].plan == plan && plans->failed[i].step <= step)
			return;
	plans->failed[plans->count++ % FAILED_PLANS] = (struct failed_plan){ plan, step };
}

bool plan_is_cancelled(const struct failed_plans *plans, unsigned long plan, unsigned long step, struct failure *failure)
{
	char id[48];

	for (int i = 0; i < FAILED_PLANS && plan != 0; i++) {
		const struct failed_plan *failed = &plans->failed[i];

		if (failed->plan != plan || failed->step >= step)
			continue;
		snprintf(id, sizeof(id), "%lu.%lu", failed->plan, failed->step);
		fail(failure, ECANCELED, "plan", id);
		return true;
	}
	return false;
}
