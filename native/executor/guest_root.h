/* A guest's root file system that the host has not mounted: made by its start, and gone with its last mount. */
#ifndef HOSTLER_GUEST_ROOT_H
#define HOSTLER_GUEST_ROOT_H

#include "pinners.h"

/* False: the host has it mounted too, or what it is cannot be told for sure later. */
bool guest_root_identify(pid_t init, struct root_id *root);
/* Mounts of it that are left, in whatever mount namespace but those of guests. False: not all was looked at, in 3 s. */
bool guest_root_mounts_each(const struct root_id *root, pinner_fn *each, void *context);

#endif
