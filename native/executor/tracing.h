/*
 * A trace of our own: an instance of tracefs that bears our number, in a mount that is at no path. One that somebody left behind
 * goes when the next one is made.
 */
#ifndef HOSTLER_TRACING_H
#define HOSTLER_TRACING_H

#include "executor.h"

/* A system call, and which of its results are traced. */
struct traced {
	const char *event, *filter;
};

/* A descriptor that is read without waiting, or what fail() returned. `traced` ends with an empty one. */
int tracing_open(const struct traced *traced, struct failure *failure);
/* Closes the descriptor, and nothing is traced any more. */
void tracing_close(int pipe);

#endif
