/* Looks a path up without asking any file system, which might never answer: what is in use is in the kernel's cache. */
#ifndef HOSTLER_OPEN_CACHED_H
#define HOSTLER_OPEN_CACHED_H

/* O_PATH, below `root` and without links; `resolve`: RESOLVE_NO_XDEV or 0. -1: it is not there, or not in use. */
int open_cached(int root, const char *path, unsigned long long resolve);

#endif
