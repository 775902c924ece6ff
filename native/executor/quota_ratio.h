/* Quotas of CPU time where the cgroups above and below have some too: on v1 none may have a greater share than the one above it. */
#ifndef HOSTLER_QUOTA_RATIO_H
#define HOSTLER_QUOTA_RATIO_H

/* 0 or -errno. On v1 it is as much of it as the cgroups above have themselves. */
int quota_raise(int cgroup, const char *file, const char *value);
/* 0 or -errno. On v1 cgroups below that have more have no quota of their own any more: they have this one's. */
int quota_lower(int cgroup, const char *file, const char *value);

#endif
