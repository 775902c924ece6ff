/*
 * Who governs what: a guest, or a folder of guests, has one executor on a host, whatever the folder of its agent's sockets is.
 * The kernel keeps these claims, as record locks of one file that only root may open, and ends them with this process.
 */
#ifndef HOSTLER_CLAIMS_H
#define HOSTLER_CLAIMS_H

#include "executor.h"

/* What stands for a guest, by its cgroup in the devices hierarchy: 0 where there is none. */
off_t claim_place(const char *cgroup);
/* From now on ours, also if it was before: 0, or EBUSY claimed PID, or why nobody can say. Place 0 is anybody's. */
int claim_take(off_t place, struct failure *failure);
/* Anybody's again. */
void claim_drop(off_t place);

#endif
