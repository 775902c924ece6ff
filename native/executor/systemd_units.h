/* The device policy and the limits of a systemd unit, asked of systemd and changed through it, so that a reload keeps them. Never in the main process: it waits. */
#ifndef HOSTLER_SYSTEMD_UNITS_H
#define HOSTLER_SYSTEMD_UNITS_H

#include "systemd_stream.h"
#include "executor.h"

enum { UNIT_ENTRIES_MAX = 1024 };

/* As systemd has them: `/dev/char/188:0`, `/dev/fuse`, `char-pts`; access of r, w, m. */
struct unit_entry {
	const char *path, *access;
};
struct unit_devices {
	char policy[16]; /* auto, closed or strict */
	int count;
	struct unit_entry entry[UNIT_ENTRIES_MAX];
};

/* One verb's calls share a connection and a deadline: calls stand between these two. */
void units_begin(void);
void units_end(void);
/* 0 or a failure. The entries are there until the next call. */
int unit_devices_get(const char *unit, struct unit_devices *devices, struct failure *failure);
/* Adds entries, or changes the access of those that are there; `all`: nothing else stays. `policy` NULL: as it is. */
int unit_devices_set(const char *unit, const struct unit_entry *entry, int count, bool all, const char *policy,
		     struct failure *failure);
/* A property of D-Bus type t; all bits set are no limit. */
struct unit_number {
	const char *name;
	uint64_t value;
};
/* All in one call, and in force when it returns: until the unit ends. */
int unit_numbers_set(const char *unit, const struct unit_number *number, int count, struct failure *failure);
/* It is put in the queue of what systemd starts. */
int unit_start(const char *unit, struct failure *failure);
/* Whether something is still to be done with it: 1, 0, or a failure. */
int unit_waits(const char *unit, struct failure *failure);
/* A property of type s of one of its interfaces. */
int unit_text_get(const char *unit, const char *interface, const char *name, char *text, size_t size,
		  struct failure *failure);

#endif
