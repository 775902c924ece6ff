/*
 * Where the nodes of a guest live whose own /dev belongs to a user namespace: a small tmpfs for each such guest at
 * RUN/nodes/GUEST, so that no guest can fill another's. It outlives the executor; the next one adopts it, as long as the
 * guest's init is the same.
 */
#ifndef HOSTLER_STAGING_H
#define HOSTLER_STAGING_H

#include "guest.h"

/* False: not an absolute path of fitting length. */
bool staging_set_run(const char *path);
/* The folder of this start of the guest, made where needed: a descriptor, or -errno. */
int staging_open(const char *guest, pid_t init, unsigned long long start_time);
/* RUN/nodes, for what is no guest's: a descriptor, or -errno. */
int staging_top(void);
/* After the guest's end. Nothing staged is no error. */
void staging_remove(const char *guest);

#endif
