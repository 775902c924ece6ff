/* What the kernel counts where a cgroup of v2 is out of memory, since somebody began to look. */
#ifndef HOSTLER_MEMORY_EVENTS_H
#define HOSTLER_MEMORY_EVENTS_H

#include <stdbool.h>

struct memory_events {
	int file; /* POLLPRI tells of the next change since anything was asked here; negative: this kernel has none */
	long outs, kills;
};

struct memory_events memory_events_open(int cgroup);
void memory_events_close(const struct memory_events *events);
bool memory_has_run_out(const struct memory_events *events);
bool memory_has_killed(const struct memory_events *events);

#endif
