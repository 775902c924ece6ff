/* The verb `clear-pivot`: removes what all monitors of LXC that have ended leave together, where no other one may be about to use it. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belonging.h"
#include "guest.h"
#include "hierarchies.h"
#include "memberships.h"
#include "process_stat.h"
#include "processes.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 32, TASK_SECONDS = 10, LINE_BYTES = 64 };

/* Of older LXC it is the folder that monitors have theirs in. */
static const char of_monitor[] = "lxc.monitor", pivot[] = "lxc.pivot", title[] = "[lxc monitor] ";

/* A monitor in a cgroup of which cannot be said where it will go from there. */
struct stray {
	bool is_looked_for;
	pid_t pid;                 /* of the last one */
	bool in[HIERARCHIES_MAX]; /* by the number of the hierarchy */
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static bool read_monitors(const char *word, struct belonging *belonging);
static int clear(const struct cgroup_id *monitors, struct stray *stray, struct failure *failure);
static const struct hierarchy *hierarchy_on(dev_t device);
static bool is_done_with(const char *folder);
static bool may_come(const struct hierarchy *hierarchy, struct stray *stray);
static bool look_at(pid_t pid, void *context);
static int note_stray(const struct hierarchy *hierarchy, const char *path, void *context);
static bool begins(const char *text, const char *with);

int verb_clear_pivot(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "clear-pivot", perform, TASK_SECONDS, TASKS_MAX, false, 0 };
	struct belonging belonging;

	(void)answer;
	for (int i = 1; i < request->words; i++)
		if (!read_monitors(request->word[i], &belonging))
			return malformed(request, failure);
	return task_begin(&kind, request->word[1], request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct stray stray = { 0 };
	struct belonging belonging;
	int result = 0;

	(void)answer;
	for (int i = 1; i < request->words; i++)
		if (read_monitors(request->word[i], &belonging) && clear(&belonging.cgroup, &stray, failure) < 0)
			result = -1;
	return result;
}

static bool read_monitors(const char *word, struct belonging *belonging)
{
	return belonging_read(word, belonging) && belonging->kind == BELONGS_CGROUP &&
	       begins(strrchr(belonging->cgroup.path, '/') + 1, of_monitor);
}

/*
 * A monitor that ends moves from a cgroup beside lxc.pivot into that, and removes its own only then: where none is beside it nobody
 * is on the way there, and the kernel removes none that somebody is in.
 */
static int clear(const struct cgroup_id *monitors, struct stray *stray, struct failure *failure)
{
	const struct hierarchy *hierarchy = hierarchy_on(monitors->device);
	char folder[2 * PATH_MAX], path[2 * PATH_MAX + sizeof(pivot)], subject[32];

	if (!hierarchy)
		return 0;
	snprintf(folder, sizeof(folder), "%s%.*s", hierarchy->mount,
		 (int)(strrchr(monitors->path, '/') - monitors->path), monitors->path);
	snprintf(path, sizeof(path), "%s/%s", folder, pivot);
	if (access(path, F_OK) < 0 || !is_done_with(folder))
		return 0;
	if (may_come(hierarchy, stray)) {
		snprintf(subject, sizeof(subject), "%d", stray->pid);
		return fail(failure, EBUSY, "monitor", subject);
	}
	if (!is_done_with(folder))
		return 0;
	return rmdir(path) < 0 && errno != ENOENT ? fail(failure, errno, "rmdir", path + strlen(hierarchy->mount)) : 0;
}

static const struct hierarchy *hierarchy_on(dev_t device)
{
	const struct hierarchy *hierarchy;
	struct stat found;

	for (int i = 0; (hierarchy = hierarchy_at(i)); i++)
		if (stat(hierarchy->mount, &found) == 0 && found.st_dev == device)
			break;
	return hierarchy;
}

/* No monitor's cgroup is in this one. */
static bool is_done_with(const char *folder)
{
	DIR *all = opendir(folder);
	struct dirent *entry;
	bool is_done = all;

	while (is_done && (entry = readdir(all)))
		is_done = !begins(entry->d_name, of_monitor);
	if (all)
		closedir(all);
	return is_done;
}

/* One that has not entered a cgroup of its own yet, or whose cgroup is elsewhere by its configuration. */
static bool may_come(const struct hierarchy *hierarchy, struct stray *stray)
{
	if (!stray->is_looked_for)
		processes_each(look_at, stray);
	stray->is_looked_for = true;
	return stray->in[hierarchy - hierarchy_at(0)];
}

/* A monitor in the foreground has no title. One inside a guest has its own cgroups there; and a guest can let nobody read a title. */
static bool look_at(pid_t pid, void *context)
{
	char comm[LINE_BYTES], line[LINE_BYTES];
	struct process_stat process;

	if (is_contained(pid) || process_stat(pid, &process) < 0 || process.state == 'Z' || process.state == 'X')
		return true;
	(void)process_line(pid, "comm", comm, sizeof(comm));
	(void)process_line(pid, "cmdline", line, sizeof(line));
	if (!begins(line, title) && strcmp(comm, "lxc-start") != 0 && strcmp(comm, "lxc-execute") != 0)
		return true;
	((struct stray *)context)->pid = pid;
	(void)memberships_each(pid, note_stray, context);
	return true;
}

static int note_stray(const struct hierarchy *hierarchy, const char *path, void *context)
{
	const char *name = strrchr(path, '/');
	struct stray *stray = context;

	if (!name || (!begins(name + 1, of_monitor) && strcmp(name + 1, pivot) != 0))
		stray->in[hierarchy - hierarchy_at(0)] = true;
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}
