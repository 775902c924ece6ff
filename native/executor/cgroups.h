/* Cgroups by their path below a hierarchy; where none is named that is the one that decides about devices. */
#ifndef HOSTLER_CGROUPS_H
#define HOSTLER_CGROUPS_H

#include "guest.h"
#include "hierarchies.h"

/* NULL: there is none. */
const struct hierarchy *devices_hierarchy(void);
/* A descriptor, or -errno. `path` is below the hierarchy, with a leading slash. */
int cgroup_open(const char *path);
int cgroup_open_in(const struct hierarchy *hierarchy, const char *path);
/* Where a process is in a controller's hierarchy, as process_cgroup() for that of devices. */
int process_cgroup_of(const char *controller, pid_t pid, char *path, size_t size);
/* One line into a file of a cgroup: 0 or -errno. */
int cgroup_write(int cgroup, const char *file, const char *line);
/* The file, NUL-terminated and cut at `size`: its length or -errno. */
ssize_t cgroup_read(int cgroup, const char *file, char *text, size_t size);

/*
 * Where the guest's init is now, PATH_MAX bytes: an init that begins goes into a cgroup below. One that has left the guest's
 * named cgroup counts as being where it was when the guest was opened.
 */
void find_init(const struct guest *guest, char *level);
/* The same, opened. */
int open_of_init(const struct guest *guest);
/*
 * From the guest's named cgroup down to `innermost`, which is that or below it. `level` starts as an empty string; false: no
 * more.
 */
bool next_level(const struct guest *guest, const char *innermost, char *level);

#endif
