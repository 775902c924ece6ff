/* The verbs `watch-host`, `watch-program` and `unwatch-host`, and the main process's part of `watch`. */
#include <errno.h>
#include <string.h>

#include "executor.h"
#include "orphans.h"
#include "verbs.h"
#include "watch.h"

static int watch(const struct request *request, uint32_t mask, struct failure *failure);
static void forget(bool is_host, const char *owner, int but);
static void mark_stale(const char *guest);
static bool claim(const char *guest, const char *wd, const char *path);
static void remove_stale(const char *guest);
static void remove_entry(int index);
static void let_go(int wd);

int verb_watch_host(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return watch(request, WATCH_MASK_FILES, failure);
}

/* The last descriptor of a program that ran is closed when it has ended. */
int verb_watch_program(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return watch(request, IN_CLOSE_NOWRITE | IN_DELETE_SELF | IN_MOVE_SELF | IN_MASK_ADD, failure);
}

static int watch(const struct request *request, uint32_t mask, struct failure *failure)
{
	const char *id = request->word[1], *path = request->word[2];
	int error, wd;

	if (strlen(id) >= WATCH_OWNER_BYTES || path[0] != '/')
		return malformed(request, failure);
	error = watch_open();
	if (error < 0)
		return fail(failure, -error, "inotify_init1", path);
	wd = inotify_add_watch(watch_fd(), path, mask);
	if (wd < 0)
		return fail(failure, errno, "inotify_add_watch", path);
	/* The same folder once more has the same descriptor. */
	forget(true, id, wd);
	if (watches_add(wd, true, id, ""))
		return 0;
	let_go(wd);
	return fail(failure, ENOSPC, "watches", path);
}

int verb_unwatch_host(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	(void)failure;
	forget(true, request->word[1], -1);
	return 0;
}

void watch_forget(const char *guest)
{
	forget(false, guest, -1);
}

/* The rows of a guest's `watch`: `begin`, then `WD PATH` for each folder, then `end`. The set replaces the former one. */
bool watch_on_row(const char *guest, int words, char **word)
{
	if (words == 2)
		return claim(guest, word[0], word[1]);
	if (strcmp(word[0], "begin") == 0)
		mark_stale(guest);
	else
		remove_stale(guest);
	return true;
}

static void forget(bool is_host, const char *owner, int but)
{
	for (int i = watches_count() - 1; i >= 0; i--)
		if (watches_at(i)->is_host == is_host && watches_at(i)->wd != but && strcmp(watches_at(i)->owner, owner) == 0)
			remove_entry(i);
}

static bool is_of(const struct watch *watch, const char *guest)
{
	return !watch->is_host && strcmp(watch->owner, guest) == 0;
}

static void mark_stale(const char *guest)
{
	for (int i = 0; i < watches_count(); i++)
		if (is_of(watches_at(i), guest))
			watches_at(i)->is_stale = true;
}

static bool claim(const char *guest, const char *wd, const char *path)
{
	unsigned long number;
	struct watch *watch;

	if (!parse_unsigned(wd, INT32_MAX, &number))
		return false;
	watch = watches_add((int)number, false, guest, path);
	if (!watch) {
		let_go((int)number);
		return false;
	}
	watch->is_stale = false;
	watch->seen |= orphans_claim((int)number);
	return true;
}

static void remove_stale(const char *guest)
{
	for (int i = watches_count() - 1; i >= 0; i--)
		if (is_of(watches_at(i), guest) && watches_at(i)->is_stale)
			remove_entry(i);
	watch_drain();
}

static void remove_entry(int index)
{
	int wd = watches_at(index)->wd;

	watches_remove(index);
	let_go(wd);
}

/* The kernel may have taken the descriptor back before: the folder is gone. */
static void let_go(int wd)
{
	if (!watches_has_descriptor(wd))
		(void)inotify_rm_watch(watch_fd(), wd);
}
