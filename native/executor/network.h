/* Whose network a guest has. */
#ifndef HOSTLER_NETWORK_H
#define HOSTLER_NETWORK_H

#include "guest.h"

struct network {
	bool is_ours;           /* the executor's own, which is the host's */
	bool is_deaf_to_kernel; /* the kernel multicasts to those of the first user namespace only */
};

struct network network_of(const struct guest *guest);

#endif
