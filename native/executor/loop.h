/* The main process's loop: started once, ends with the process. */
#ifndef HOSTLER_LOOP_H
#define HOSTLER_LOOP_H

int loop_open(void);
/* Calls `settle` after each turn. Returns only when epoll itself fails. */
int loop_run(void (*settle)(void));

#endif
