#include "processes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroups.h"

enum { ALL_LEVELS = -1 };

#define INIT_CGROUP "init.scope"

struct walk {
	process_fn *each;
	void *context;
	int processes, cgroups;
	int level; /* only the processes of cgroups so far below the first; ALL_LEVELS: of every one */
	bool reached; /* there is a cgroup on that level */
	bool ended;
	bool cut;
};

static bool stays_below(const char *cgroup);
static void walk_cgroup(struct walk *walk, int folder, int depth);
static void walk_processes(struct walk *walk, int folder);
static void walk_children(struct walk *walk, int folder, int depth);
static void walk_child(struct walk *walk, int folder, const char *name, int depth);

int processes_below(const char *cgroup, process_fn *each, void *context)
{
	autofd int folder = stays_below(cgroup) ? cgroup_open(cgroup) : -EINVAL;

	return folder < 0 ? folder : processes_in(folder, each, context);
}

int processes_in(int cgroup, process_fn *each, void *context)
{
	struct walk walk = { .each = each, .context = context, .level = ALL_LEVELS };

	walk_cgroup(&walk, cgroup, 0);
	return walk.cut && !walk.ended ? -E2BIG : 0;
}

int processes_from_top(const char *cgroup, process_fn *each, void *context)
{
	autofd int folder = stays_below(cgroup) ? cgroup_open(cgroup) : -EINVAL;
	struct walk walk = { .each = each, .context = context, .reached = true };

	if (folder < 0)
		return folder;
	for (; walk.reached && !walk.ended && !walk.cut; walk.level++) {
		walk.reached = false;
		walk_cgroup(&walk, folder, 0);
	}
	return walk.cut && !walk.ended ? -E2BIG : 0;
}

int processes_everywhere_below(const char *cgroup, process_fn *each, void *context)
{
	return processes_everywhere_in("devices", cgroup, each, context);
}

int processes_everywhere_in(const char *controller, const char *cgroup, process_fn *each, void *context)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	bool more = true;

	if (!all)
		return -errno;
	while (more && (entry = readdir(all))) {
		char own[PATH_MAX];
		unsigned long pid;

		if (parse_unsigned(entry->d_name, 1 << 22, &pid) &&
		    process_cgroup_of(controller, (pid_t)pid, own, sizeof(own)) == 0 && is_below(own, cgroup))
			more = each((pid_t)pid, context);
	}
	closedir(all);
	return 0;
}

void processes_each(process_fn *each, void *context)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	unsigned long pid;
	bool more = true;

	while (all && more && (entry = readdir(all)))
		if (parse_unsigned(entry->d_name, 1 << 22, &pid))
			more = each((pid_t)pid, context);
	if (all)
		closedir(all);
}

/* cgroupfs has no links: `..` is the only way out. */
static bool stays_below(const char *cgroup)
{
	const char *at = cgroup;

	if (cgroup[0] != '/')
		return false;
	while ((at = strstr(at, "/.."))) {
		if (at[3] == '/' || at[3] == '\0')
			return false;
		at += 3;
	}
	return true;
}

static void walk_cgroup(struct walk *walk, int folder, int depth)
{
	if (walk->ended)
		return;
	if (walk->cgroups++ >= CGROUPS_MAX || depth > CGROUP_DEPTH_MAX) {
		walk->cut = true;
		return;
	}
	if (walk->level == ALL_LEVELS || depth == walk->level)
		walk_processes(walk, folder);
	if (walk->level == ALL_LEVELS || depth < walk->level)
		walk_children(walk, folder, depth);
	else
		walk->reached = true;
}

/* A cgroup that ends while it is read has no processes: that is no error. */
static void walk_processes(struct walk *walk, int folder)
{
	int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC), pid;
	FILE *list = fd < 0 ? NULL : fdopen(fd, "r");

	if (!list) {
		close_fd(&fd);
		return;
	}
	while (!walk->ended && fscanf(list, "%d", &pid) == 1) {
		if (walk->processes++ >= PROCESSES_MAX) {
			walk->cut = true;
			break;
		}
		if (pid > 0)
			walk->ended = !walk->each(pid, walk->context);
	}
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
	walk_child(walk, folder, INIT_CGROUP, depth);
	while (!walk->ended && (entry = readdir(children)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    strcmp(entry->d_name, INIT_CGROUP) != 0)
			walk_child(walk, folder, entry->d_name, depth);
	closedir(children);
}

static void walk_child(struct walk *walk, int folder, const char *name, int depth)
{
	autofd int child = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (child >= 0)
		walk_cgroup(walk, child, depth + 1);
}
