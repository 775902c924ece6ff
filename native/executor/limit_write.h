/* Writes into control files of a guest, which the kernel may make wait until memory has been taken back. */
#ifndef HOSTLER_LIMIT_WRITE_H
#define HOSTLER_LIMIT_WRITE_H

#include "executor.h"

/*
 * 0 or a failure: `limit FILE`, ETIMEDOUT where it took too long; `kill FILE` where a lower memory.max killed somebody: what it
 * was before is there again in both cases. Where there is no memory.reclaim, memory.high does its work and is left as it was.
 */
int limit_write(int cgroup, const char *file, const char *value, struct failure *failure);
/* The same, but that a lower memory.max stays whoever is killed for it, and memory.high does nobody's work. */
int limit_write_by_force(int cgroup, const char *file, const char *value, struct failure *failure);

#endif
