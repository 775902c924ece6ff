/*
 * A mount over a mapped node or over /dev itself puts something else at a guest's paths, and no folder tells of it. The
 * kernel does, on the mountinfo of the guest's init: proc_pid_mountinfo(5).
 */
#ifndef HOSTLER_MOUNTS_H
#define HOSTLER_MOUNTS_H

#include "worker.h"

/* Where that is not to be had nothing is told: the next pass sees it. */
void mounts_watch(struct worker *worker, pid_t init);
/* An open mountinfo holds the mount namespace of the guest. */
void mounts_forget(struct worker *worker);

#endif
