/* Uevents to the programs of one guest. */
#ifndef HOSTLER_BROADCAST_H
#define HOSTLER_BROADCAST_H

#include "guest.h"
#include "news.h"

/*
 * In the guest's network namespace, as the kernel, as udev, or as both; to nobody where it is the executor's own. 0 or -errno.
 */
int broadcast(const struct guest *guest, const struct news *news, bool as_kernel, bool as_udev);
/* The number of the kernel's last uevent, of whatever namespace. 0 or -errno. */
int seqnum_read(char *seqnum, size_t size);

#endif
