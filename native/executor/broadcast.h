/* Uevents to the programs of one guest. */
#ifndef HOSTLER_BROADCAST_H
#define HOSTLER_BROADCAST_H

#include "guest.h"
#include "news.h"

/*
 * To nobody where the guest shares the executor's network namespace. As the kernel's where the guest's belongs to a user
 * namespace that the kernel itself does not speak to; as udev's where `as_udev`. 0 or -errno.
 */
int broadcast(const struct guest *guest, const struct news *news, bool as_udev);

#endif
