/* The host's loop devices that a file is attached to. */
#ifndef HOSTLER_LOOP_DEVICES_H
#define HOSTLER_LOOP_DEVICES_H

#include <stddef.h>

#include "belonging.h"

/* False ends the search. */
typedef bool loop_fn(unsigned int number, void *context);
void loop_devices_each(loop_fn *each, void *context);
/* The file, by its path in the mount namespace where it was opened: as the host has it, or as a guest does. False: none. */
bool loop_device_path(unsigned int number, char path[PATH_MAX]);
/* Its number as the kernel writes it: MAJOR:MINOR. */
bool loop_device_number(unsigned int number, char *device, size_t size);
/* Whether that very use of it goes on. The device is not opened for it. */
bool loop_device_is(const struct loop_id *id);
bool loop_device_diskseq(unsigned int number, uint64_t *diskseq);
/*
 * Only in disk_ask: it waits for the file system of what is attached.
 * A descriptor, and what it is for as long as nobody detaches it; `path` stays. -errno, ENXIO: nothing is attached.
 */
int loop_device_open(unsigned int number, int flags, struct loop_id *id, bool *clears_itself);

#endif
