/*
 * Who watches what. The kernel gives one watch descriptor per inode, so that two owners of one folder (a bind
 * that two guests share) have the same: a descriptor is taken back with its last entry.
 */
#ifndef HOSTLER_WATCHES_H
#define HOSTLER_WATCHES_H

#include <stdbool.h>
#include <stdint.h>

enum { WATCHES_MAX = 65536, WATCH_OWNER_BYTES = 320, WATCH_PATH_BYTES = 256 };

/* A guard is a folder that is looked at for the end of the one in it that has a watched file. */
enum watch_kind { WATCH_FOLDER, WATCH_FILE, WATCH_GUARD };
/* A folder of a guest, or something of the host: then owner is the agent's word for it. A guard's path is a name in it. */
struct watch {
	int wd;
	enum watch_kind kind;
	uint32_t seen; /* inotify masks since the last line, folded; set by watches_note alone */
	bool is_host, is_stale;
	char *owner, *path;                              /* one allocation with the rest */
	struct watch *next_of_wd, *next_of_owner;        /* of all with the same hash */
	struct watch *previous_noted, *next_noted;       /* of those that something was seen of */
};

/* The first of a descriptor with NULL, then the next; likewise of an owner. Take the next before one is removed. */
struct watch *watches_of_descriptor(int wd, const struct watch *previous);
struct watch *watches_of_owner(bool is_host, const char *owner, const struct watch *previous);
/* Finds or makes; NULL: no room, or a name that is too long. */
struct watch *watches_add(int wd, bool is_host, const char *owner, const char *path);
void watches_remove(struct watch *watch);
bool watches_has_descriptor(int wd);
/* Something was seen of it. */
void watches_note(struct watch *watch, uint32_t mask);
/* The one that has waited longest of those that something was seen of: of that it is none any more, and `seen` is the caller's to clear. */
struct watch *watches_take_noted(void);

#endif
