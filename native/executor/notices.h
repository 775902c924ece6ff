/* What is said about uevents that were refused or lost: at once the first time, then no faster than a fixed pace. */
#ifndef HOSTLER_NOTICES_H
#define HOSTLER_NOTICES_H

#include <stdint.h>

#include "../node-udev/uevent.h"

enum loss { LOSS_OVERFLOW, LOSS_TRUNCATED, LOSS_GAP, LOSS_UNREAD, LOSS_UNVERIFIED, LOSSES };

void notice_refused(enum uevent_verdict reason, pid_t sender);
void notice_lost(enum loss reason);
/* Since the executor's start. */
uint64_t refused_total(enum uevent_verdict reason);

#endif
