/* The verb `leavings`: which of a guest's belongings are still there, and who keeps them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "belonging.h"
#include "belonging_found.h"
#include "cgroups.h"
#include "guest_root.h"
#include "loop_devices.h"
#include "loop_users.h"
#include "pinners.h"
#include "process_stat.h"
#include "processes.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 32, TASK_SECONDS = 10, PINNERS_MAX = 16, COMM_BYTES = 128 };

struct look {
	struct answer *answer;
	const char *word;
	int told;
	int *network; /* the last one that was found: what follows is of it */
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static bool is_left(int socket, const struct belonging *belonging, struct look *look);
static bool tell_process(pid_t pid, void *context);
static bool tell_pinner(const struct pinner *pinner, void *context);
static void cgroup_of(pid_t pid, char path[PATH_MAX]);

int verb_leavings(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "leavings", perform, TASK_SECONDS, TASKS_MAX, false, 0 };
	struct belonging belonging;

	(void)answer;
	for (int i = 1; i < request->words; i++)
		if (!belonging_read(request->word[i], &belonging))
			return malformed(request, failure);
	return task_begin(&kind, request->word[1], request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	autofd int socket = links_open();
	autofd int network = -1;
	int left = 0;

	if (socket < 0)
		return fail(failure, -socket, "netlink", "links");
	for (int i = 1; i < request->words; i++) {
		struct look look = { answer, request->word[i], 0, &network };
		struct belonging belonging;
		char word[3 * BELONGING_BYTES];

		if (!belonging_read(request->word[i], &belonging))
			return malformed(request, failure);
		if (!is_left(socket, &belonging, &look))
			continue;
		left++;
		answer_row(answer, "left %s", encode(request->word[i], word, sizeof(word)));
	}
	answer_ok(answer, "%d", left);
	return 0;
}

static bool is_left(int socket, const struct belonging *belonging, struct look *look)
{
	const struct hierarchy *hierarchy;

	if (belonging->kind == BELONGS_LINK)
		return link_is_there(socket, *look->network, &belonging->link);
	if (belonging->kind == BELONGS_LOOP) {
		if (!loop_device_is(&belonging->loop))
			return false;
		(void)loop_users_each(&belonging->loop, tell_pinner, look);
		return true;
	}
	if (belonging->kind == BELONGS_ROOT)
		return !guest_root_mounts_each(&belonging->root, tell_pinner, look) || look->told > 0;
	if (belonging->kind == BELONGS_NET) {
		if (*look->network >= 0)
			close(*look->network);
		*look->network = -1;
		return !pinners_each(&belonging->net, tell_pinner, look) || look->told > 0;
	}
	autofd int cgroup = belonging_open_cgroup(&belonging->cgroup, &hierarchy);
	if (cgroup >= 0)
		(void)processes_in(cgroup, tell_process, look);
	return cgroup >= 0;
}

static bool tell_process(pid_t pid, void *context)
{
	return tell_pinner(&(struct pinner){ pid, PINS_IN, NULL, -1 }, context);
}

static bool tell_pinner(const struct pinner *pinner, void *context)
{
	static const char *const ways[] = { [PINS_IN] = "in", [PINS_OPEN] = "open", [PINS_MOUNTED] = "mounted" };
	char cgroup[PATH_MAX], below[3 * PATH_MAX], comm[COMM_BYTES], name[3 * COMM_BYTES], where[3 * PATH_MAX];
	struct look *look = context;
	struct process_stat process;

	if (*look->network < 0 && pinner->network >= 0)
		*look->network = fcntl(pinner->network, F_DUPFD_CLOEXEC, 0);
	if (process_stat(pinner->pid, &process) < 0)
		return true;
	(void)process_line(pinner->pid, "comm", comm, sizeof(comm));
	cgroup_of(pinner->pid, cgroup);
	answer_row(look->answer, "pinner %d %llu %s %s %s %s", pinner->pid, process.start_time,
		   encode(comm, name, sizeof(name)), ways[pinner->how], encode(cgroup, below, sizeof(below)),
		   encode(pinner->where ? pinner->where : "", where, sizeof(where)));
	return ++look->told < PINNERS_MAX;
}

/* Where it is in v2, if that says anything; on a host that has both it may be in the root there. */
static void cgroup_of(pid_t pid, char path[PATH_MAX])
{
	if (process_cgroup_of("cgroup", pid, path, PATH_MAX) < 0)
		strcpy(path, "/");
	if (strcmp(path, "/") == 0)
		(void)process_cgroup_of("devices", pid, path, PATH_MAX);
}
