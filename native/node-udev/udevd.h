/* Which process is udevd: the only one whose messages in the udev group count. */
#ifndef NODE_UDEV_UDEVD_H
#define NODE_UDEV_UDEVD_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether PID is udevd or one of its workers now. What was once found is remembered for as long as the process lives. */
bool udevd_is(pid_t pid);
/* The daemon itself among all processes; 0 when none runs. */
pid_t udevd_find(void);

#endif
