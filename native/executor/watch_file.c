/*
 * The verb `watch-file`: one control file of a cgroup. The kernel tells when it changes, but not when it goes with its cgroup
 * (its inode stays as long as it is watched): that is told to the folder which the cgroup was in.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "hierarchies.h"
#include "paths.h"
#include "verbs.h"
#include "watch.h"

enum { FILE_MASK = IN_MODIFY | IN_DELETE_SELF | IN_DONT_FOLLOW | IN_MASK_ADD };
enum { GUARD_MASK = IN_DELETE | IN_ONLYDIR | IN_MASK_ADD };

static int check(const struct request *request, struct failure *failure);
static int add(const char *path, const char *of, enum watch_kind kind, const char *id, const char *name,
	       struct failure *failure);

int verb_watch_file(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *id = request->word[1], *path = request->word[2];
	char cgroup[PATH_MAX], parent[PATH_MAX], *name;
	int error;

	(void)answer;
	if (check(request, failure) < 0)
		return -1;
	snprintf(cgroup, sizeof(cgroup), "%.*s", (int)(strrchr(path, '/') - path), path);
	name = strrchr(cgroup, '/') + 1;
	snprintf(parent, sizeof(parent), "%.*s", (int)(name - cgroup), cgroup);
	error = watch_open();
	if (error < 0)
		return fail(failure, -error, "inotify_init1", path);
	/* Another one may have had this name before. */
	watch_take();
	watch_mark_stale(true, id);
	/* The guard first: then it sees the end of whatever the second finds. */
	if (add(parent, path, WATCH_GUARD, id, name, failure) < 0 || add(path, path, WATCH_FILE, id, "", failure) < 0)
		return -1;
	watch_remove_stale(true, id);
	return 0;
}

/* Its file is told of by the IN_IGNORED that this brings. */
void watch_note_guard(struct watch *guard, const struct inotify_event *event)
{
	struct watch *watch = NULL;

	if (!(event->mask & IN_DELETE) || strcmp(event->name, guard->path) != 0)
		return;
	watches_note(guard, IN_IGNORED);
	while ((watch = watches_of_owner(true, guard->owner, watch)))
		if (watch->kind == WATCH_FILE)
			(void)inotify_rm_watch(watch_fd(), watch->wd);
}

static int check(const struct request *request, struct failure *failure)
{
	const char *path = request->word[2];
	struct stat file;

	if (strlen(request->word[1]) >= WATCH_OWNER_BYTES || path[0] != '/' || strlen(path) >= PATH_MAX)
		return malformed(request, failure);
	if (path_check(path + 1, failure) < 0)
		return -1;
	if (!is_in_hierarchy(path))
		return fail(failure, EPERM, "cgroup", path);
	if (lstat(path, &file) < 0)
		return fail(failure, errno, "lstat", path);
	return S_ISREG(file.st_mode) ? 0 : fail(failure, EINVAL, "path", path);
}

static int add(const char *path, const char *of, enum watch_kind kind, const char *id, const char *name,
	       struct failure *failure)
{
	int wd = inotify_add_watch(watch_fd(), path, kind == WATCH_GUARD ? GUARD_MASK : FILE_MASK);
	struct watch *entry;

	if (wd < 0)
		return fail(failure, errno, "inotify_add_watch", of);
	entry = watches_add(wd, true, id, name);
	if (!entry) {
		watch_let_go(wd);
		return fail(failure, ENOSPC, "watches", of);
	}
	entry->kind = kind;
	entry->is_stale = false;
	return 0;
}
