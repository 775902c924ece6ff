/* A guest as the verbs about its limits name it: `PID STARTTIME CGROUP`, the first words of the request. */
#ifndef HOSTLER_LIMITED_H
#define HOSTLER_LIMITED_H

#include "guest.h"

/* False: malformed. Nothing is looked at yet. */
bool limited_read(const struct request *request, struct guest *guest);
/* What limits a guest claims it: 0, or why not. Before a process is made for it, which would not keep the claim. */
int limited_claim(const struct guest *guest, struct failure *failure);
/* ESRCH guest PID, unless that is the init of a container and began then. The handles are for the rest of the process. */
int limited_open(struct guest *guest, struct failure *failure);
/* The same without a look at its root, whose file system may never answer: for who must not wait. */
int limited_open_quickly(struct guest *guest, struct failure *failure);
/* ESRCH once more, of what has been opened. */
int limited_check(const struct guest *guest, struct failure *failure);
/* The guest's cgroup in a controller's hierarchy: a descriptor, or -errno, EPERM where the guest is not in it. */
int limited_cgroup(const struct guest *guest, const char *controller);
/* All of this without waiting for anybody: the cgroup, or -1. The guest's pidfd is open as well then, and not otherwise. */
int limited_open_cgroup(struct guest *guest, const char *controller, const char *file, struct failure *failure);

#endif
