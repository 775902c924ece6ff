/* Mounts of namespaces: each keeps its namespace, whoever runs. */
#ifndef HOSTLER_PINNING_MOUNTS_H
#define HOSTLER_PINNING_MOUNTS_H

#include <sys/types.h>

#include "effort.h"

/* `mount`: the namespace, O_PATH; `path`: where it is mounted, as the process sees it. False ends the search. */
typedef bool pinning_mount_fn(pid_t pid, int mount, const char *path, void *context);
/* Those of `net:[INODE]` in the mount namespace of a process, unless it was looked at since mount_lines_begin(). */
void pinning_mounts_of(pid_t pid, const char *link, struct effort *effort, pinning_mount_fn *each, void *context);

#endif
