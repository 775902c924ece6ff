/* What /proc/PID/stat says of a process. */
#ifndef HOSTLER_PROCESS_STAT_H
#define HOSTLER_PROCESS_STAT_H

#include <stdbool.h>
#include <sys/types.h>

struct process_stat {
	char state;
	pid_t parent;
	bool has_begun; /* a program of its own: it is no mere copy of who made it */
	unsigned long long start_time; /* clock ticks since boot */
};
/* 0 or -errno. */
int process_stat(pid_t pid, struct process_stat *stat);
/* A short file of /proc, one line without its end: 0 or -errno, and the empty text. Whoever the file is of may choose what is in it. */
int process_line(pid_t pid, const char *file, char *line, size_t size);

#endif
