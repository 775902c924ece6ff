/* The verbs `watch-host`, `watch-program`, `watch-runs` and `unwatch-host`, and the main process's part of `watch`. */
#include <errno.h>
#include <string.h>

#include "executor.h"
#include "orphans.h"
#include "verbs.h"
#include "watch.h"

static int watch(const struct request *request, uint32_t mask, struct failure *failure);
static bool claim(const char *guest, const char *wd, const char *path);

int verb_watch_host(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return watch(request, WATCH_MASK_FILES, failure);
}

/* The last descriptor of a program that ran is closed when it has ended. */
int verb_watch_program(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return watch(request, WATCH_MASK_PROGRAM, failure);
}

/* It is opened as well when it begins to run. */
int verb_watch_runs(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return watch(request, WATCH_MASK_PROGRAM | IN_OPEN, failure);
}

static int watch(const struct request *request, uint32_t mask, struct failure *failure)
{
	const char *id = request->word[1], *path = request->word[2];
	struct watch *entry;
	int error, wd;

	if (strlen(id) >= WATCH_OWNER_BYTES || path[0] != '/')
		return malformed(request, failure);
	error = watch_open();
	if (error < 0)
		return fail(failure, -error, "inotify_init1", path);
	wd = inotify_add_watch(watch_fd(), path, mask);
	if (wd < 0)
		return fail(failure, errno, "inotify_add_watch", path);
	watch_mark_stale(true, id);
	entry = watches_add(wd, true, id, "");
	if (!entry) {
		watch_let_go(wd);
		return fail(failure, ENOSPC, "watches", path);
	}
	/* The same folder once more has the same descriptor. */
	entry->is_stale = false;
	watch_remove_stale(true, id);
	return 0;
}

int verb_unwatch_host(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	(void)failure;
	watch_mark_stale(true, request->word[1]);
	watch_remove_stale(true, request->word[1]);
	return 0;
}

void watch_forget(const char *guest)
{
	watch_mark_stale(false, guest);
	watch_remove_stale(false, guest);
}

/* The rows of a guest's `watch`: `begin`, then `WD PATH` for each folder, then `end`. The set replaces the former one. */
bool watch_on_row(const char *guest, int words, char **word)
{
	if (words == 2)
		return claim(guest, word[0], word[1]);
	if (strcmp(word[0], "begin") == 0) {
		watch_mark_stale(false, guest);
	} else {
		watch_remove_stale(false, guest);
		watch_drain();
	}
	return true;
}

void watch_mark_stale(bool is_host, const char *owner)
{
	struct watch *watch = NULL;

	while ((watch = watches_of_owner(is_host, owner, watch)))
		watch->is_stale = true;
}

void watch_remove_stale(bool is_host, const char *owner)
{
	for (struct watch *watch = watches_of_owner(is_host, owner, NULL), *next; watch; watch = next) {
		int wd = watch->wd;

		next = watches_of_owner(is_host, owner, watch);
		if (!watch->is_stale)
			continue;
		watches_remove(watch);
		watch_let_go(wd);
	}
}

void watch_let_go(int wd)
{
	if (!watches_has_descriptor(wd))
		(void)inotify_rm_watch(watch_fd(), wd);
}

static bool claim(const char *guest, const char *wd, const char *path)
{
	unsigned long number;
	struct watch *watch;

	if (!parse_unsigned(wd, INT32_MAX, &number))
		return false;
	watch = watches_add((int)number, false, guest, path);
	if (!watch) {
		watch_let_go((int)number);
		return false;
	}
	watch->is_stale = false;
	watches_note(watch, orphans_claim((int)number));
	return true;
}
