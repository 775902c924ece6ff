/* A belonging as it is now: whether it is still what it was. */
#ifndef HOSTLER_BELONGING_FOUND_H
#define HOSTLER_BELONGING_FOUND_H

#include "belonging.h"
#include "hierarchies.h"

/* A link or a cgroup. `socket`: of links_open(). */
bool belonging_is_there(int socket, const struct belonging *belonging);
/* The cgroup, and its hierarchy: a descriptor, or -ENOENT where that one is gone. */
int belonging_open_cgroup(const struct cgroup_id *cgroup, const struct hierarchy **hierarchy);

#endif
