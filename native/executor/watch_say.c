/* Lines about watched folders, folded: a guest's folder is one line a drain, a host's folder one line a name. */
#include <limits.h>
#include <string.h>

#include "executor.h"
#include "kernel_log.h"
#include "watch.h"

/* The name of a host's folder that was changed last; said when another one is. */
static struct {
	uint32_t mask;
	char owner[WATCH_OWNER_BYTES], name[NAME_MAX + 1];
} name_held;
static bool overflow_held;

static void note_name(const struct watch *watch, const struct inotify_event *event);
static void say_name(void);
static void say_entry(const struct watch *watch);
static void say_folder(const struct watch *watch);
static void say_file(const struct watch *watch);

/* IN_ISDIR tells nothing, and a folder that is gone has IN_IGNORED as its last event. */
void watch_note(struct watch *watch, const struct inotify_event *event)
{
	watches_note(watch, event->mask & (IN_ALL_EVENTS | IN_UNMOUNT | IN_IGNORED));
	if (watch->kind == WATCH_GUARD)
		watch_note_guard(watch, event);
	else if (watch->is_host && watch->kind == WATCH_FOLDER)
		note_name(watch, event);
}

void watch_note_overflow(void)
{
	overflow_held = true;
}

bool watch_say(void)
{
	if (output_is_full())
		return false;
	say_name();
	if (overflow_held)
		emit("watch-overflow");
	overflow_held = false;
	for (struct watch *watch; (watch = watches_take_noted());) {
		bool is_gone = watch->seen & IN_IGNORED;
		int wd = watch->wd;

		say_entry(watch);
		watch->seen = 0;
		if (!is_gone)
			continue;
		watches_remove(watch);
		watch_let_go(wd);
	}
	return true;
}

static void note_name(const struct watch *watch, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : "";

	if (name_held.mask && (strcmp(name_held.owner, watch->owner) != 0 || strcmp(name_held.name, name) != 0))
		say_name();
	strcpy(name_held.owner, watch->owner);
	strcpy(name_held.name, name);
	name_held.mask |= event->mask & (IN_ALL_EVENTS | IN_UNMOUNT | IN_IGNORED);
}

/* A name that cannot be said now cannot be kept either: there may be any number of them. */
static void say_name(void)
{
	char owner[3 * WATCH_OWNER_BYTES], name[3 * NAME_MAX + 4];

	if (name_held.mask == 0)
		return;
	if (output_is_full())
		overflow_held = true;
	else
		emit("changed-host %s %x %s", encode(name_held.owner, owner, sizeof(owner)), name_held.mask,
		     encode(name_held.name, name, sizeof(name)));
	name_held.mask = 0;
}

/* A folder of the host is said by the names in it. */
static void say_entry(const struct watch *watch)
{
	if (watch->kind == WATCH_FILE)
		say_file(watch);
	else if (!watch->is_host)
		say_folder(watch);
}

static void say_folder(const struct watch *watch)
{
	char owner[3 * WATCH_OWNER_BYTES], path[3 * WATCH_PATH_BYTES];

	emit("changed %s %s %x", encode(watch->owner, owner, sizeof(owner)), encode(watch->path, path, sizeof(path)),
	     watch->seen);
}

static void say_file(const struct watch *watch)
{
	char owner[3 * WATCH_OWNER_BYTES];

	kernel_log_take(); /* who was killed is known before it is counted */
	emit("changed-host %s %x %%", encode(watch->owner, owner, sizeof(owner)), watch->seen);
}
