/* Who uses a loop device: has it open, or sees a mount of it. */
#ifndef HOSTLER_LOOP_USERS_H
#define HOSTLER_LOOP_USERS_H

#include "executor.h"
#include "pinners.h"

/* False: that would have taken too long, and not all was looked at. */
bool loop_users_each(const struct loop_id *loop, pinner_fn *each, void *context);
/* Detaches its file, if it is still that one and nobody uses it. */
int loop_take(const struct loop_id *loop, struct failure *failure);

#endif
