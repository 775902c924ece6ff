/* Which of the host's loop devices are a guest's own. */
#ifndef HOSTLER_GUEST_LOOPS_H
#define HOSTLER_GUEST_LOOPS_H

#include "belonging.h"
#include "guest.h"

typedef void guest_loop_fn(const struct loop_id *loop, void *context);
/*
 * Those whose file lies in its root file system and was opened by its path there, which is another file's or nobody's on the
 * host and for any other guest: what the host itself has attached has a path of the host's, also where the file is the guest's.
 * And those that hold its root, which nobody else has mounted, and go by themselves.
 */
void guest_loops_each(const struct guest *guest, guest_loop_fn *each, void *context);

#endif
