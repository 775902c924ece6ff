/*
 * Who watches what. The kernel gives one watch descriptor per inode, so that two owners of one folder (a bind
 * that two guests share) have the same: a descriptor is taken back with its last entry.
 */
#ifndef HOSTLER_WATCHES_H
#define HOSTLER_WATCHES_H

#include <stdbool.h>
#include <stdint.h>

enum { WATCHES_MAX = 65536, WATCH_OWNER_BYTES = 65, WATCH_PATH_BYTES = 256 };

/* A guard is a folder that is looked at for the end of the one in it that has a watched file. */
enum watch_kind { WATCH_FOLDER, WATCH_FILE, WATCH_GUARD };
/* A folder of a guest, or something of the host: then owner is the agent's word for it. A guard's path is a name in it. */
struct watch {
	int wd;
	enum watch_kind kind;
	uint32_t seen; /* inotify masks since the last line, folded */
	bool is_host, is_stale;
	char *owner, *path; /* one allocation, of the owner */
};

/* NULL at the end, and only good until one is added. The order is not kept by a removal: iterate from the last to the first where some are removed. */
struct watch *watches_at(int index);
int watches_count(void);
/* Finds or makes; NULL: no room, or a name that is too long. */
struct watch *watches_add(int wd, bool is_host, const char *owner, const char *path);
void watches_remove(int index);
bool watches_has_descriptor(int wd);

#endif
