/* Where the hierarchy that confines devices is mounted. */
#ifndef HOSTLER_HIERARCHY_H
#define HOSTLER_HIERARCHY_H

#include <stdio.h>

#include "executor.h"

struct hierarchy {
	bool is_v2;
	char mount[256]; /* its mount point, whose root is the root cgroup */
};

/* The v1 devices controller's, else the unified one. NULL: neither is mounted. Looked up once. */
const struct hierarchy *hierarchy_of_devices(void);
/* O_PATH | O_DIRECTORY of a cgroup (absolute, below the hierarchy's root), never above it; -errno. */
int cgroup_open(const char *cgroup);
/* The cgroup's cgroup.procs for reading; NULL with errno. FOLDER stays open. */
FILE *cgroup_processes(int folder);

#endif
