/* Device nodes: what they are, and making one under TEMPORARY. */
#ifndef HOSTLER_NODES_H
#define HOSTLER_NODES_H

#include <sys/stat.h>

#include "paths.h"

/* Everything that a node is told to be. */
struct node {
	struct device_number number;
	mode_t mode;
	struct owner owner;
};

/* Whether the host has such a device, or would have it at the first open: ENODEV sysfs. */
int number_check(const struct device_number *number, const char *word, struct failure *failure);
bool number_is(const struct device_number *number, const struct stat *file);
/*
 * TEMPORARY in this folder as that node: made without permissions, looked at through its handle, then given owner and
 * mode through the same handle. O_PATH, or -1 with `failure` filled and nothing left.
 */
int node_make(int folder, const struct node *node, const char *path, struct failure *failure);
/* Owner, then mode; untouched where they are right already. */
int node_own(int fd, const struct node *node, const char *path, struct failure *failure);

#endif
