/* RLIMIT_DATA of the processes of a guest: what each may have of memory of its own. */
#ifndef HOSTLER_DATA_LIMIT_H
#define HOSTLER_DATA_LIMIT_H

#include <sys/resource.h>

#include "guest.h"
#include "processes.h"

/* A number of bytes, or `max`. */
bool data_limit_read(const char *word, rlim_t *bytes);
/* The guest, and that it is in its cgroup: 0, or what fail() returned. */
int data_limit_open(struct guest *guest, struct failure *failure);
/* Each process of it, however deep; where there are too many cgroups anew from the first, with `*count` at 0 again. */
int data_limit_scan(const struct guest *guest, process_fn *each, void *context, int *count, struct failure *failure);
/* 0 or -errno: ESRCH where it has ended, or is not the guest's. */
int data_limit_change(const struct guest *guest, pid_t pid, const struct rlimit *wanted);

#endif
