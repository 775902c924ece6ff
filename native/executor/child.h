/* Processes of the executor that end with the one that made them: workers, and what a worker could not come back from. */
#ifndef HOSTLER_CHILD_H
#define HOSTLER_CHILD_H

#include <sys/types.h>

/* First in the child: it does not outlive the worker. */
void child_begin(pid_t parent);
/* Again, since the kernel forgets it with every change of identity: what outlives its parent finishes a plan that nobody knows of. */
void die_with_parent(void);
/* Before another program begins: what the executor does not hear, that does. */
void forget_signals(void);
/* Waits 1 s at most, then kills it. Its exit code is an errno: 0 or -errno. `process`: its pidfd. */
int child_await(pid_t child, int process);

#endif
