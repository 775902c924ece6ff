#include "processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hierarchy.h"

struct walk {
	process_fn *each;
	void *context;
	int processes, cgroups;
	bool ended;
};

static void walk_cgroup(struct walk *walk, int folder, int depth);
static void walk_processes(struct walk *walk, int folder);
static void walk_children(struct walk *walk, int folder, int depth);

int processes_below(const char *cgroup, process_fn *each, void *context)
{
	struct walk walk = { .each = each, .context = context };
	autofd int folder = cgroup_open(cgroup);

	if (folder < 0)
		return folder;
	walk_cgroup(&walk, folder, 0);
	return 0;
}

static void walk_cgroup(struct walk *walk, int folder, int depth)
{
	if (walk->ended || walk->cgroups++ >= CGROUPS_MAX)
		return;
	walk_processes(walk, folder);
	if (depth < CGROUP_DEPTH_MAX)
		walk_children(walk, folder, depth);
}

/* A cgroup that ends while it is read has no processes: that is no error. */
static void walk_processes(struct walk *walk, int folder)
{
	FILE *list = cgroup_processes(folder);
	int pid;

	if (!list)
		return;
	while (!walk->ended && fscanf(list, "%d", &pid) == 1)
		if (pid > 0)
			walk->ended = walk->processes++ >= PROCESSES_MAX || !walk->each(pid, walk->context);
	fclose(list);
}

static void walk_children(struct walk *walk, int folder, int depth)
{
	int listing = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *children = listing < 0 ? NULL : fdopendir(listing);
	struct dirent *entry;

	if (!children) {
		close_fd(&listing);
		return;
	}
	while (!walk->ended && (entry = readdir(children))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		autofd int child = openat(folder, entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (child >= 0)
			walk_cgroup(walk, child, depth + 1);
	}
	closedir(children);
}
