/* The one inotify descriptor: workers add to it, only the main process reads it. */
#ifndef HOSTLER_WATCH_H
#define HOSTLER_WATCH_H

#include <sys/inotify.h>

#include "watches.h"

enum {
	WATCH_MASK = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
		     IN_ONLYDIR | IN_MASK_ADD,
	/* Not for folders of devices: every `> /dev/null` of the guest would tell. */
	WATCH_MASK_FILES = WATCH_MASK | IN_CLOSE_WRITE,
	WATCH_MASK_PROGRAM = IN_CLOSE_NOWRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_MASK_ADD,
	/* Our own, a bit that inotify does not use. */
	MOUNTS_CHANGED = 0x10000,
};

/* Told of the guest's /dev where that is watched, and as seldom as all other changes. */
void watch_mounts_changed(const char *guest);

/* watch.c: takes what waits into the entries that there are now; whatever is added later did not hear it. */
void watch_take(void);

/* watch_verbs.c: these of the agent's words (or of the guest) are replaced by what is added between the two calls. */
void watch_mark_stale(bool is_host, const char *owner);
void watch_remove_stale(bool is_host, const char *owner);
/* Takes a descriptor back that no entry has any more; the kernel may have done so before. */
void watch_let_go(int wd);

/* watch_file.c. */
void watch_note_guard(struct watch *guard, const struct inotify_event *event);

/* watch_say.c: what a drain found, as lines. */
void watch_note(struct watch *watch, const struct inotify_event *event);
void watch_note_overflow(void);
/* The end of a drain. False: the agent does not read; what was noted is kept. */
bool watch_say(void);

#endif
