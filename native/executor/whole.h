/*
 * The cgroup that holds all of a guest, in the hierarchy where its end is seen and made: v2's, on a host that has both as well,
 * else the freezer's, else that of devices; the first of them in which the guest's init is where CGROUP says.
 */
#ifndef HOSTLER_WHOLE_H
#define HOSTLER_WHOLE_H

#include "guest.h"
#include "processes.h"

struct whole {
	const char *controller; /* whose hierarchy it is in */
	const char *path;
	int folder;
	dev_t device;
	ino_t inode;
};
/* 0, or a failure (EPERM cgroup CGROUP). The handles are for the rest of the process. */
int whole_open(const struct guest *guest, struct whole *whole, struct failure *failure);
/* The one of this path that is `DEV:INO`, whoever is in it: 0 or -ENOENT. */
int whole_find(const char *cgroup, const char *id, struct whole *whole);
/*
 * Of a guest as limited_read() left it, quickly; where its init has ended and `id` is not NULL, by that: then its pidfd is -1, and
 * so is the folder where that cgroup is gone. 0 or a failure.
 */
int whole_of(struct guest *guest, const char *id, struct whole *whole, struct failure *failure);
/* Whether a process is in it, or below it. */
bool whole_has(const struct whole *whole, pid_t pid);
/* Each process in it and below it, however much there is: 0 or -errno. Who was met may be met again. */
int whole_scan(const struct whole *whole, process_fn *each, void *context);
/* A pidfd of one that is in it, or -ESRCH. */
int whole_open_process(const struct whole *whole, pid_t pid);

#endif
