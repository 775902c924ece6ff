/* A belonging as it is now: whether it is still what it was. */
#ifndef HOSTLER_BELONGING_FOUND_H
#define HOSTLER_BELONGING_FOUND_H

#include "belonging.h"
#include "hierarchies.h"

/*
 * A link of this network namespace; -1: whose other end is in any. It may have been moved to another one, which has its number
 * in the place of the former one's. `socket`: of links_open().
 */
bool link_is_there(int socket, int network, const struct link_id *link);
/* The cgroup, and its hierarchy: a descriptor, or -ENOENT where that one is gone. */
int belonging_open_cgroup(const struct cgroup_id *cgroup, const struct hierarchy **hierarchy);

#endif
