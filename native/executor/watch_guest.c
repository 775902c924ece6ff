/* The worker's part of the verb `watch`: finds the folders and tells the main process their watch descriptors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "verbs.h"
#include "watch.h"

static int check_paths(const struct request *request, struct failure *failure);
static int add(const struct guest *guest, const char *path);
static int add_folder(const struct guest *guest, int folder, uint32_t mask);
static void say_staged(const struct guest *guest, struct answer *answer);

/* A folder that cannot be watched is one that is not there: the watch on the folder above tells when it comes. */
int guest_watch(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	int watched = 0;

	if (guest->inotify < 0)
		return fail(failure, EMFILE, "inotify_init1", guest->name);
	if (check_paths(request, failure) < 0)
		return -1;
	answer_row(answer, "begin");
	for (int i = 2; i < request->words; i++) {
		char word[3 * WATCH_PATH_BYTES];
		int wd = add(guest, request->word[i]);

		if (wd == -ENOSPC)
			return fail(failure, ENOSPC, "inotify_add_watch", request->word[i]);
		if (wd < 0)
			continue;
		watched++;
		answer_row(answer, "%d %s", wd, encode(request->word[i], word, sizeof(word)));
	}
	say_staged(guest, answer);
	answer_row(answer, "end");
	answer_ok(answer, "%d", watched);
	return 0;
}

static int check_paths(const struct request *request, struct failure *failure)
{
	for (int i = 2; i < request->words; i++)
		if (strlen(request->word[i]) >= WATCH_PATH_BYTES)
			return fail(failure, EINVAL, "path", request->word[i]);
		else if (path_check(request->word[i], failure) < 0)
			return -1;
	return 0;
}

static bool holds_devices(const char *path)
{
	return strcmp(path, "dev") == 0 || strncmp(path, "dev/", 4) == 0;
}

/* The descriptor, not the path, is what is watched: nobody can put another folder in its place. */
static int add(const struct guest *guest, const char *path)
{
	autofd int folder = path_open(guest, path);

	return folder < 0 ? folder : add_folder(guest, folder, holds_devices(path) ? WATCH_MASK : WATCH_MASK_FILES);
}

static int add_folder(const struct guest *guest, int folder, uint32_t mask)
{
	char self[64];
	int wd;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", folder);
	wd = inotify_add_watch(guest->inotify, self, mask);
	return wd < 0 ? -errno : wd;
}

/* A change of a node that is bound in is told to the folder it was staged in, not to the one where the guest sees it. */
static void say_staged(const struct guest *guest, struct answer *answer)
{
	int wd = guest->binds ? add_folder(guest, guest->staging, WATCH_MASK) : -1;

	if (wd >= 0)
		answer_row(answer, "%d dev", wd);
}
