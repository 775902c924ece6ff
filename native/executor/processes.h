/* Processes of a cgroup and below it, each named by pid and start time. */
#ifndef HOSTLER_PROCESSES_H
#define HOSTLER_PROCESSES_H

#include "executor.h"

enum { PROCESSES_MAX = 32768, CGROUP_DEPTH_MAX = 16, CGROUPS_MAX = 4096 };

/* Called for each process; false ends the walk. */
typedef bool process_fn(pid_t pid, void *context);
/*
 * Depth first, a cgroup's own processes before those below it, bounded in every direction: a guest may make as many
 * cgroups as it likes. 0, -errno, or -E2BIG where a bound was met before the end.
 */
int processes_below(const char *cgroup, process_fn *each, void *context);
/*
 * The same level by level, and of a level the cgroup that systemd's init is in before all others: below its top a guest's
 * users make cgroups and processes as they like, and what is near the top is met before any of those.
 */
int processes_from_top(const char *cgroup, process_fn *each, void *context);
/* The same as the first of a cgroup that is open, in whatever hierarchy. */
int processes_in(int cgroup, process_fn *each, void *context);
/* The same whatever is below the cgroup, by a look at every process of the host. */
int processes_everywhere_below(const char *cgroup, process_fn *each, void *context);
/* Every process of the host. */
void processes_each(process_fn *each, void *context);
/* In another hierarchy than that of devices. */
int processes_everywhere_in(const char *controller, const char *cgroup, process_fn *each, void *context);

#endif
