/*
 * What the kernel refused, from the lines of a trace of system calls' results in its raw form: numbers alone, so that no name
 * that a process gave itself can look like a line. Pure: no system call, no allocation.
 */
#ifndef HOSTLER_TRACE_LINE_H
#define HOSTLER_TRACE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TRACE_LINE_BYTES = 128, TRACE_PID_MAX = 1 << 22 };

/* One of the two: a thread that was refused, or how many records the kernel wrote over before they were read. */
struct trace_line {
	pid_t thread;
	unsigned long lost;
};

/* What has come of a line whose rest is not read yet; begins as zeros. */
struct trace_lines {
	bool is_too_long;
	size_t length;
	char text[TRACE_LINE_BYTES];
};

/* The next line in what was read, from `*at` on, which is moved on. False: there is no whole one any more, or nothing that counts. */
bool trace_line_take(struct trace_lines *lines, const char **at, const char *end, struct trace_line *found);

#endif
