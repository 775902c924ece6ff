/* Which mount a task in state D waits for. */
#ifndef HOSTLER_WAITING_MOUNT_H
#define HOSTLER_WAITING_MOUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * `TYPE SOURCE POINT`, as its mount namespace has it, by what `call`, the line of /proc/PID/task/TID/syscall, was given: a
 * descriptor, or a path, of which links are not followed. Nothing of the file system is asked. False: that does not say,
 * or not until then (ms, as now_ms()).
 */
bool waiting_mount(pid_t pid, const char *call, uint64_t until, char *text, size_t size);

#endif
