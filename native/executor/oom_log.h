/*
 * Whom the kernel killed for want of memory, from records of /dev/kmsg. Pure: no system call, no allocation. Names that a
 * guest gave its processes and cgroups stand in these records as they are.
 */
#ifndef HOSTLER_OOM_LOG_H
#define HOSTLER_OOM_LOG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { OOM_TEXT_BYTES = 3 * PATH_MAX, OOM_COMM_BYTES = 16 };

struct oom_kill {
	pid_t pid;
	char comm[OOM_COMM_BYTES];
	char cgroup[PATH_MAX]; /* the killed process's */
	char memcg[PATH_MAX];  /* whose limit it was: that or one above it; empty: the host was out of memory */
};

/* What has come of a record that was cut where another one came between; begins as zeros. */
struct oom_log {
	int others; /* records since */
	size_t length;
	char text[OOM_TEXT_BYTES];
};

/* One record as read() gives it. True: it tells of a kill, or is the end of what does. */
bool oom_log_take(struct oom_log *log, const char *record, size_t length, struct oom_kill *kill);

#endif
