/* Which plans have failed, and where: what came later in them is not performed. */
#ifndef HOSTLER_PLANS_H
#define HOSTLER_PLANS_H

#include "executor.h"

enum { FAILED_PLANS = 8 };

struct failed_plans {
	struct failed_plan {
		unsigned long plan, step;
	} failed[FAILED_PLANS];
	unsigned int count;
};

/* Plan 0 is for requests that stand alone. */
void plan_failed(struct failed_plans *plans, unsigned long plan, unsigned long step);
/* ECANCELED plan, when an earlier step of the same plan failed. */
bool plan_is_cancelled(const struct failed_plans *plans, unsigned long plan, unsigned long step, struct failure *failure);

#endif
