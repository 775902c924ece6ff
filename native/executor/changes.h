/* Accepted uevents on their way to the agent: repeated changes of one device within one drain are one line. */
#ifndef HOSTLER_CHANGES_H
#define HOSTLER_CHANGES_H

#include "../node-udev/uevent.h"

void changes_take(const struct uevent *uevent);
/* The end of a drain. */
void changes_flush(void);

#endif
