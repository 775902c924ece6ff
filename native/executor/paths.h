/* Ways into a guest: every one starts at its root's handle and is walked by the kernel, without links. */
#ifndef HOSTLER_PATHS_H
#define HOSTLER_PATHS_H

#include "guest.h"

enum { NAME_BYTES = 256 };

/* Refuses (EINVAL path) what is not of PROTOCOL.md's form. */
int path_check(const char *path, struct failure *failure);
/* The thing itself, O_PATH, a link included. A descriptor, or -errno. */
int path_open(const struct guest *guest, const char *path);

/* A place for a node, link or folder: an open parent and a last part. */
struct place {
	const char *path; /* as the agent wrote it */
	const char *name; /* its last part */
	int parent;       /* O_PATH */
	bool staged;      /* the parent lies in the guest's staging file system */
};
/*
 * Refuses a path that is not below `dev/`, and a parent that is the host's own (bound into the guest): its /dev, or where
 * its udevd keeps what it knows. A change there would be one of the host.
 */
int place_open(const struct guest *guest, const char *path, struct place *place, struct failure *failure);
/* The same wherever it is in the guest; for what is no node, link or folder of the agent's. */
int place_open_anywhere(const struct guest *guest, const char *path, struct place *place, struct failure *failure);
void place_close(const struct place *place);
#define autoplace __attribute__((cleanup(place_close)))
/* What is there, O_PATH, a link included. A descriptor, or -errno. */
int place_look(const struct place *place);

/* Whether this file is one of the host's own /dev. */
bool is_on_host_dev(int fd);
/* Whether this folder is the host's own /run, /run/udev or /run/udev/data. */
bool is_host_udev(int fd);
/* Whether it lies in the guest's staging file system. */
bool is_staged(const struct guest *guest, int fd);

#endif
