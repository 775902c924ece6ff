/* What a libudev inside a guest looks into: /run/udev. Everything there belongs to the guest's root. */
#ifndef HOSTLER_UDEV_FILES_H
#define HOSTLER_UDEV_FILES_H

#include "guest.h"
#include "news.h"

/* The guest has a udevd of its own: its socket is there. Its files are then no business of ours. */
bool guest_has_udevd(const struct guest *guest);
/* Without this file a libudev believes that nobody speaks, and does not listen. Makes the folders too. */
int udev_control_make(const struct guest *guest, struct failure *failure);
/* Refuses (EXDEV host) where the database is the host's own, bound into the guest; so do the two below. */
int udev_data_check(const struct guest *guest, struct failure *failure);
int udev_entry_write(const struct guest *guest, const struct news *news, struct failure *failure);
/* It is no error if there is none, or if the guest has put something else on the way to it. */
int udev_entry_remove(const struct guest *guest, const struct news *news, struct failure *failure);

#endif
