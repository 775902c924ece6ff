/* A short-lived process of a worker's own, for what a worker could not come back from. */
#ifndef HOSTLER_CHILD_H
#define HOSTLER_CHILD_H

#include <sys/types.h>

/* First in the child: it does not outlive the worker. */
void child_begin(pid_t parent);
/* Waits 1 s at most, then kills it. Its exit code is an errno: 0 or -errno. `process`: its pidfd. */
int child_await(pid_t child, int process);

#endif
