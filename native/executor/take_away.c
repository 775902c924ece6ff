/* The verb `take-away`: removes one thing that a guest has left, if it is still what it was and nobody uses it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "belonging_found.h"
#include "guest.h"
#include "loop_users.h"
#include "pinners.h"
#include "process_stat.h"
#include "processes.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 32, TASK_SECONDS = 10, BELONGING = 3, NETWORK = 4, REMOVALS_MAX = 100000 };

struct user {
	unsigned long guest_start;
	pid_t pid;
	int network;
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static bool is_systemds(const struct belonging *belonging);
static bool runs(const struct request *request);
static int take_link(const struct request *request, const struct link_id *link, struct failure *failure);
static bool find_user(const struct pinner *pinner, void *context);
static int take_cgroup(const struct cgroup_id *cgroup, struct failure *failure);
static void remove_below(int folder);
static bool first_below(char name[NAME_MAX + 1]);

int verb_take_away(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "take-away", perform, TASK_SECONDS, TASKS_MAX, true, 0 };
	struct belonging belonging, network;
	unsigned long number;

	(void)answer;
	if (!parse_unsigned(request->word[1], 1 << 22, &number) || !parse_unsigned(request->word[2], ~0UL, &number) ||
	    !belonging_read(request->word[BELONGING], &belonging) || belonging.kind == BELONGS_NET || belonging.kind == BELONGS_ROOT ||
	    is_systemds(&belonging) ||
	    (belonging.kind == BELONGS_LINK) != (request->words > NETWORK) ||
	    (request->words > NETWORK && (!belonging_read(request->word[NETWORK], &network) || network.kind != BELONGS_NET)))
		return malformed(request, failure);
	return task_begin(&kind, request->word[BELONGING], request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct belonging belonging;

	(void)answer;
	if (runs(request))
		return fail(failure, EBUSY, "guest", request->word[1]);
	if (!belonging_read(request->word[BELONGING], &belonging))
		return malformed(request, failure);
	if (belonging.kind == BELONGS_LOOP)
		return loop_take(&belonging.loop, failure);
	return belonging.kind == BELONGS_LINK ? take_link(request, &belonging.link, failure) :
						take_cgroup(&belonging.cgroup, failure);
}

/* systemd clears its units away by itself, and slices are nobody's alone. */
static bool is_systemds(const struct belonging *belonging)
{
	const char *path = belonging->cgroup.path;

	return belonging->kind == BELONGS_CGROUP &&
	       (is_suffix(path, ".slice") || is_suffix(path, ".service") || is_suffix(path, ".scope"));
}

/* One that has ended and was not yet taken note of has nothing any more. */
static bool runs(const struct request *request)
{
	unsigned long pid = 0, start_time = 0;
	struct process_stat process;

	return parse_unsigned(request->word[1], 1 << 22, &pid) && parse_unsigned(request->word[2], ~0UL, &start_time) &&
	       process_stat((pid_t)pid, &process) == 0 && process.start_time == start_time && process.state != 'Z' &&
	       process.state != 'X';
}

/*
 * Removing one end removes the other. Where another guest lives, or who was there before the guest, or where somebody has given
 * the namespace a name, that may be wanted. In a namespace that nobody keeps there is no other end: it was moved.
 */
static int take_link(const struct request *request, const struct link_id *link, struct failure *failure)
{
	struct belonging network;
	autofd int socket = links_open();
	struct user user = { .network = -1 };
	char subject[32];
	int error;

	if (socket < 0)
		return fail(failure, -socket, "netlink", link->name);
	if (!belonging_read(request->word[NETWORK], &network) ||
	    !parse_unsigned(request->word[2], ~0UL, &user.guest_start))
		return malformed(request, failure);
	bool is_known = pinners_each(&network.net, find_user, &user);
	autofd int found = user.network;
	if (user.pid) {
		snprintf(subject, sizeof(subject), "%d", user.pid);
		return fail(failure, EBUSY, "net", subject);
	}
	if (!is_known)
		return fail(failure, EBUSY, "net", "0");
	if (found < 0)
		return fail(failure, ENOENT, "net", request->word[NETWORK]);
	if (!link_is_there(socket, found, link))
		return 0;
	error = link_remove(socket, link->index);
	return error < 0 && error != -ENODEV ? fail(failure, -error, "netlink", link->name) : 0;
}

static bool find_user(const struct pinner *pinner, void *context)
{
	struct user *user = context;
	struct process_stat process;
	bool is_in = pinner->how == PINS_IN && process_stat(pinner->pid, &process) == 0;

	if (pinner->how == PINS_MOUNTED || (is_in && (process.start_time < user->guest_start || is_contained(pinner->pid))))
		user->pid = pinner->pid;
	if (user->network < 0)
		user->network = fcntl(pinner->network, F_DUPFD_CLOEXEC, 0);
	return user->pid == 0;
}

/* Only an empty one can be removed: nobody is hurt. */
static int take_cgroup(const struct cgroup_id *cgroup, struct failure *failure)
{
	const struct hierarchy *hierarchy;
	autofd int folder = belonging_open_cgroup(cgroup, &hierarchy);
	char path[2 * PATH_MAX];

	if (folder < 0)
		return 0;
	remove_below(folder);
	snprintf(path, sizeof(path), "%s%s", hierarchy->mount, cgroup->path);
	return rmdir(path) < 0 && errno != ENOENT ? fail(failure, errno, "rmdir", cgroup->path) : 0;
}

/*
 * However deep: where it stands is all that it holds, and a cgroup cannot be moved. Where one stays, those above it do. What is left
 * after so many is for the next time.
 */
static void remove_below(int folder)
{
	char name[NAME_MAX + 1], below[NAME_MAX + 1];
	int depth = 0, left = REMOVALS_MAX;

	if (fchdir(folder) < 0)
		return;
	while (left-- > 0) {
		if (!first_below(name)) {
			if (depth-- == 0 || chdir("..") < 0)
				return;
		} else if (rmdir(name) < 0) {
			if (chdir(name) < 0 || !first_below(below))
				return;
			depth++;
		}
	}
}

/* Of the folder where it stands. */
static bool first_below(char name[NAME_MAX + 1])
{
	DIR *all = opendir(".");
	struct dirent *entry = NULL;

	while (all && (entry = readdir(all)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			break;
	if (entry)
		strcpy(name, entry->d_name);
	if (all)
		closedir(all);
	return entry;
}
