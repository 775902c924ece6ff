/* The verb `belongings`: what of the host is a guest's for as long as it runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "belonging.h"
#include "cgroups.h"
#include "guest_loops.h"
#include "guest_root.h"
#include "limited.h"
#include "memberships.h"
#include "pinners.h"
#include "process_stat.h"
#include "task.h"
#include "verbs.h"
#include "whole.h"

enum { TASKS_MAX = 32, TASK_SECONDS = 10, FIRST_CGROUP = 3 };

static struct guest guest;

struct look {
	struct answer *answer;
	const char *cgroup; /* whose rows are written */
	int network;        /* the kernel's number of the guest's, as links name it */
	bool is_shared;
	struct process_stat init;
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int look_at_network(struct look *look, struct failure *failure);
static bool is_own(const char *path, int network);
static bool judge(const struct pinner *inhabitant, void *context);
static void tell(const struct look *look, const struct belonging *belonging);
static void tell_link(const struct link *link, void *context);
static void tell_loop(const struct loop_id *loop, void *context);
static int tell_cgroup(const struct hierarchy *hierarchy, const char *path, void *context);

int verb_belongings(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "belongings", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest) || !is_guests_cgroup(guest.cgroup, guest.cgroup))
		return malformed(request, failure);
	for (int i = FIRST_CGROUP; i < request->words; i++)
		if (!is_guests_cgroup(request->word[i], request->word[i]))
			return malformed(request, failure);
	return task_begin(&kind, guest.cgroup, request, failure);
}

/* The cgroups first of its init, then of who made it, where that is in one of those that are named. */
static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct belonging root = { .kind = BELONGS_ROOT };
	struct look look = { .answer = answer, .network = NO_NETWORK };

	if (limited_open_quickly(&guest, failure) < 0)
		return -1;
	if (process_stat(guest.pid, &look.init) < 0)
		return fail(failure, ESRCH, "guest", request->word[1]);
	for (int i = FIRST_CGROUP; i < request->words; i++) {
		look.cgroup = request->word[i];
		(void)memberships_each(i == FIRST_CGROUP ? guest.pid : look.init.parent, tell_cgroup, &look);
	}
	if (look_at_network(&look, failure) < 0)
		return -1;
	if (guest_root_identify(guest.pid, &root.root))
		tell(&look, &root);
	guest_loops_each(&guest, tell_loop, &look);
	return limited_check(&guest, failure);
}

/* One that others live in, or lived in before, is not the guest's. */
static int look_at_network(struct look *look, struct failure *failure)
{
	struct belonging belonging = { .kind = BELONGS_NET };
	char path[64];
	int links;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", guest.pid);
	autofd int network = open(path, O_RDONLY | O_CLOEXEC);
	if (network < 0 || is_own("/proc/self/ns/net", network))
		return network < 0 ? fail(failure, errno, "guest", "net") : 0;
	autofd int socket = links_open();
	if (socket < 0)
		return fail(failure, -socket, "netlink", "links");
	if (network_identify(network, &belonging.net) < 0)
		return 0; /* this kernel has no name for it */
	if (!pinners_seen_at_once(&belonging.net, judge, look) || look->is_shared)
		return 0;
	tell(look, &belonging);
	look->network = links_network(socket, network);
	links = look->network < 0 ? 0 : links_each(socket, tell_link, look);
	return links < 0 ? fail(failure, -links, "netlink", "links") : 0;
}

static bool is_own(const char *path, int network)
{
	struct stat own, other;

	return stat(path, &own) == 0 && fstat(network, &other) == 0 && own.st_ino == other.st_ino;
}

/* A program of the host's may look into it for a while. Who was there before or made the guest, another guest, or a name is no guest of it. */
static bool judge(const struct pinner *pinner, void *context)
{
	struct look *look = context;
	struct process_stat other;
	char own[PATH_MAX];
	bool is_guests = process_cgroup(pinner->pid, own, sizeof(own)) == 0 && is_below(own, guest.cgroup);

	if (is_guests)
		return true;
	look->is_shared = pinner->how == PINS_MOUNTED || pinner->pid == look->init.parent || is_contained(pinner->pid) ||
			  (process_stat(pinner->pid, &other) == 0 && other.start_time < look->init.start_time);
	return !look->is_shared;
}

static void tell_link(const struct link *link, void *context)
{
	const struct look *look = context;
	struct belonging belonging = { .kind = BELONGS_LINK };

	if (!link->is_pair || link->network != look->network)
		return;
	belonging.link.index = link->index;
	belonging.link.peer = link->peer;
	memcpy(belonging.link.address, link->address, sizeof(link->address));
	memcpy(belonging.link.name, link->name, sizeof(link->name));
	tell(look, &belonging);
}

static void tell_loop(const struct loop_id *loop, void *context)
{
	tell(context, &(struct belonging){ .kind = BELONGS_LOOP, .loop = *loop });
}

static int tell_cgroup(const struct hierarchy *hierarchy, const char *path, void *context)
{
	const struct look *look = context;
	struct belonging belonging = { .kind = BELONGS_CGROUP };
	autofd int folder = is_below(path, look->cgroup) ? cgroup_open_in(hierarchy, look->cgroup) : -ENOENT;
	struct stat found;

	if (folder < 0 || fstat(folder, &found) < 0)
		return 0;
	belonging.cgroup.device = found.st_dev;
	belonging.cgroup.inode = found.st_ino;
	strcpy(belonging.cgroup.path, look->cgroup);
	tell(look, &belonging);
	return 0;
}

static void tell(const struct look *look, const struct belonging *belonging)
{
	char text[BELONGING_BYTES], word[3 * BELONGING_BYTES];

	answer_row(look->answer, "%s", encode(belonging_text(belonging, text), word, sizeof(word)));
}
