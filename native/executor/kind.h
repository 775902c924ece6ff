#ifndef HOSTLER_KIND_H
#define HOSTLER_KIND_H

#include "guest.h"

/* Whether a node made in the guest's /dev could not be opened, so that nodes must be bound in. */
bool needs_binds(const struct guest *guest);

#endif
