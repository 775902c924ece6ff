#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access.h"
#include "guest.h"
#include "kind.h"
#include "staging.h"

enum { NSPID_BYTES = 256 };

static int open_root(struct guest *guest);
static int open_cgroup(struct guest *guest, const char *cgroup);
static int open_namespace(pid_t pid, const char *name);
static bool read_nspid(pid_t pid, char line[NSPID_BYTES]);

/* Each look at /proc/PID counts only because the pidfd still lives after the last of them. */
int guest_open(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *name = guest->name, *cgroup = request->word[3];
	char unit[3 * NAME_MAX + 1];

	if (!guest_identify(guest) || id_map_read(guest->pid, "uid_map", &guest->users) < 0 ||
	    id_map_read(guest->pid, "gid_map", &guest->groups) < 0)
		return fail(failure, ESRCH, "guest", name);
	if (open_cgroup(guest, cgroup) < 0)
		return fail(failure, EPERM, "cgroup", cgroup);
	guest->mounts = open_namespace(guest->pid, "mnt");
	guest->own_mounts = open_namespace(getpid(), "mnt");
	guest->binds = needs_binds(guest);
	if (guest->mounts < 0 || guest->own_mounts < 0 || guest_has_ended(guest))
		return fail(failure, ESRCH, "guest", name);
	if (guest->binds)
		guest->staging = staging_open(name, guest->pid, guest->start_time);
	if (guest->binds && guest->staging < 0)
		return fail(failure, -guest->staging, "staging", name);
	if (unit_of(guest))
		answer_row(answer, "%s", encode(unit_of(guest), unit, sizeof(unit)));
	answer_ok(answer, "%llu %llu:%llu %s %s", guest->start_time, (unsigned long long)guest->root_device,
		  (unsigned long long)guest->root_inode, guest->binds ? "guest" : "host", policy_word(guest));
	return 0;
}

bool guest_identify(struct guest *guest)
{
	return is_container_init(guest->pid) && open_root(guest) == 0 &&
	       process_start_time(guest->pid, &guest->start_time) == 0;
}

int guest_check(const struct guest *guest, struct failure *failure)
{
	char path[64];
	struct stat root;
	int seen;

	snprintf(path, sizeof(path), "/proc/%d/root/.", guest->pid);
	seen = stat(path, &root);
	if (guest_has_ended(guest) || seen < 0)
		return fail(failure, ESRCH, "guest", guest->name);
	if (root.st_dev != guest->root_device || root.st_ino != guest->root_inode)
		return fail(failure, ESTALE, "root", guest->name);
	return 0;
}

bool guest_has_ended(const struct guest *guest)
{
	struct pollfd init = { .fd = guest->pidfd, .events = POLLIN };

	return poll(&init, 1, 0) != 0;
}

/* What is outside the executor's own cgroup namespace begins with `/..`. */
bool is_guests_cgroup(const char *cgroup, const char *own)
{
	return cgroup[0] == '/' && cgroup[1] != '\0' && cgroup[strlen(cgroup) - 1] != '/' && is_below(own, cgroup) &&
	       !strstr(own, "/..");
}

/* Before the runtime's pivot_root a guest's init still has the host's root: its /dev would be the host's. */
static int open_root(struct guest *guest)
{
	char path[64];
	struct stat own, root;

	snprintf(path, sizeof(path), "/proc/%d/root/.", guest->pid);
	guest->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (guest->root < 0 || fstat(guest->root, &root) < 0 || stat("/", &own) < 0)
		return -1;
	guest->root_device = root.st_dev;
	guest->root_inode = root.st_ino;
	return own.st_dev == root.st_dev && own.st_ino == root.st_ino ? -1 : 0;
}

static int open_cgroup(struct guest *guest, const char *cgroup)
{
	if (process_cgroup(guest->pid, guest->init_cgroup, sizeof(guest->init_cgroup)) < 0 ||
	    !is_guests_cgroup(cgroup, guest->init_cgroup))
		return -1;
	strcpy(guest->cgroup, cgroup);
	return 0;
}

bool is_container_init(pid_t pid)
{
	char line[NSPID_BYTES];

	return read_nspid(pid, line) && strrchr(line, '\t') > strchr(line, '\t') && strcmp(strrchr(line, '\t'), "\t1\n") == 0;
}

bool is_contained(pid_t pid)
{
	char line[NSPID_BYTES];

	return read_nspid(pid, line) && strrchr(line, '\t') > strchr(line, '\t');
}

/* It names the process in every PID namespace from the host's to its own. */
static bool read_nspid(pid_t pid, char line[NSPID_BYTES])
{
	char path[64];
	bool is_it = false;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	lines = fopen(path, "re");
	if (!lines)
		return false;
	while (!is_it && fgets(line, NSPID_BYTES, lines))
		is_it = strncmp(line, "NSpid:\t", 7) == 0;
	fclose(lines);
	return is_it;
}

static int open_namespace(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}
