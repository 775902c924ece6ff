/* A program of the host that outlives the executor and has nothing of it. */
#ifndef HOSTLER_RUN_DETACHED_H
#define HOSTLER_RUN_DETACHED_H

#include "executor.h"

/*
 * Waits for its end for 60 s, then it goes on alone: 0 as well. It runs in the root cgroups, in a session of its own, without a
 * terminal, with no other environment than PATH and HOME. EREMOTEIO PROGRAM LINE: it failed, and that is what it said first.
 */
int run_detached(const char *const *words, struct failure *failure);

#endif
