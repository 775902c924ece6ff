/*
 * The staging file system: where the nodes of guests live whose own /dev belongs to a user namespace. One folder a
 * guest, `RUN/nodes/GUEST`; below it the guest's paths. It outlives the executor and is adopted by the next one.
 */
#ifndef HOSTLER_STAGING_H
#define HOSTLER_STAGING_H

#include "guest.h"

/* False: not an absolute path of fitting length. */
bool staging_set_run(const char *path);
/* Mounts the file system unless it is mounted, makes the guest's folder: an O_PATH descriptor or -errno. */
int staging_open(const char *guest);

#endif
