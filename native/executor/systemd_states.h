/* Services and scopes that systemd is ending, as it tells of them. */
#ifndef HOSTLER_SYSTEMD_STATES_H
#define HOSTLER_SYSTEMD_STATES_H

#include "systemd_message.h"

/* Says when one is being ended, when it is that no more, and of a guest's how its main process has ended. Of anything else that systemd tells nothing is said. */
void states_take(const struct head *head);
/* Nobody tells of them any more. */
void states_forget(void);

#endif
