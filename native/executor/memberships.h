/* The cgroups of a process, one in each hierarchy. */
#ifndef HOSTLER_MEMBERSHIPS_H
#define HOSTLER_MEMBERSHIPS_H

#include <sys/types.h>

#include "hierarchies.h"

/* Anything but 0 ends it, and is the answer. */
typedef int membership_fn(const struct hierarchy *hierarchy, const char *path, void *context);
/* Those in hierarchies that are mounted. 0, -errno, or what `each` said. */
int memberships_each(pid_t pid, membership_fn *each, void *context);

#endif
