#include "changes.h"

#include <string.h>

#include "counters.h"
#include "executor.h"
#include "notices.h"

enum { HELD_MAX = 64, WORD_BYTES = 1024, ENCODED_BYTES = 3 * WORD_BYTES + 4 };

/* Changes that wait for the end of the drain; of each device and group only the last. */
static struct held {
	enum uevent_group group;
	uint64_t seqnum;
	char devpath[256], subsystem[64];
} held[HELD_MAX];
static int held_count;

static struct held *find_held(const struct uevent *uevent);
static bool hold(const struct uevent *uevent);
static void say(const struct uevent *uevent);
static void say_held(struct held *change);

void changes_take(const struct uevent *uevent)
{
	struct held *change = find_held(uevent);
	bool is_change = strcmp(uevent->action, "change") == 0;

	if (change && is_change) {
		count(COUNT_UEVENTS_FOLDED);
		change->seqnum = uevent->seqnum;
		return;
	}
	if (is_change && hold(uevent))
		return;
	if (change) {
		say_held(change);
		*change = held[--held_count];
	}
	say(uevent);
}

void changes_flush(void)
{
	for (int i = 0; i < held_count; i++)
		say_held(&held[i]);
	held_count = 0;
}

static struct held *find_held(const struct uevent *uevent)
{
	for (int i = 0; i < held_count; i++)
		if (held[i].group == uevent->group && strcmp(held[i].devpath, uevent->devpath) == 0)
			return &held[i];
	return NULL;
}

static bool hold(const struct uevent *uevent)
{
	struct held *change = &held[held_count];

	if (held_count == HELD_MAX || strlen(uevent->devpath) >= sizeof(change->devpath) ||
	    strlen(uevent->subsystem) >= sizeof(change->subsystem))
		return false;
	change->group = uevent->group;
	change->seqnum = uevent->seqnum;
	strcpy(change->devpath, uevent->devpath);
	strcpy(change->subsystem, uevent->subsystem);
	held_count++;
	return true;
}

/* Order is kept for one device, which is all that matters: a hint says where to look. */
static void say(const struct uevent *uevent)
{
	static char devpath[ENCODED_BYTES], old[ENCODED_BYTES], subsystem[ENCODED_BYTES];

	if (output_is_full()) {
		count(COUNT_UEVENTS_UNREAD);
		notice_lost(LOSS_UNREAD);
		return;
	}
	count(COUNT_UEVENTS_PASSED);
	emit("uevent %s %s %llu %s %s %s", uevent->group == UEVENT_KERNEL ? "kernel" : "udev", uevent->action,
	     (unsigned long long)uevent->seqnum, encode(uevent->subsystem, subsystem, sizeof(subsystem)),
	     encode(uevent->devpath, devpath, sizeof(devpath)), encode(uevent->old_devpath, old, sizeof(old)));
}

static void say_held(struct held *change)
{
	struct uevent uevent = { change->group, "change", change->devpath, change->subsystem, "", change->seqnum };

	say(&uevent);
}
