#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroups.h"
#include "entry.h"
#include "memberships.h"

enum { ENDING_MS = 200 };

static const char prefix[] = "hostler-run-";

static bool see_one(pid_t pid, void *context);
static int open_parent(struct run_cgroup *cgroup, const struct guest *guest, const struct whole *whole);
static void remove_former(int parent);
static membership_fn join_as_init;

int run_cgroup_make(struct run_cgroup *cgroup, const struct guest *guest, const struct whole *whole,
		    struct failure *failure)
{
	unsigned int number;
	size_t length;

	cgroup->parent = open_parent(cgroup, guest, whole);
	if (cgroup->parent < 0 || getrandom(&number, sizeof(number), 0) != sizeof(number))
		return fail(failure, errno, "cgroup", guest->cgroup);
	remove_former(cgroup->parent);
	/* A name that nobody inside can take before. */
	snprintf(cgroup->name, sizeof(cgroup->name), "%s%08x", prefix, number);
	length = strlen(cgroup->path);
	if ((size_t)snprintf(cgroup->path + length, sizeof(cgroup->path) - length, "/%s", cgroup->name) >=
	    sizeof(cgroup->path) - length)
		return fail(failure, ENAMETOOLONG, "cgroup", guest->cgroup);
	if (mkdirat(cgroup->parent, cgroup->name, 0755) < 0)
		return fail(failure, errno, "mkdirat", cgroup->path);
	cgroup->whole = *whole;
	cgroup->whole.path = cgroup->path;
	cgroup->whole.folder = openat(cgroup->parent, cgroup->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return cgroup->whole.folder < 0 ? fail(failure, errno, "cgroup", cgroup->path) : 0;
}

int run_cgroup_join(const struct run_cgroup *cgroup, const struct guest *guest)
{
	int error = cgroup_write(cgroup->whole.folder, "cgroup.procs", "0");

	return error < 0 ? error : memberships_each(guest->pid, join_as_init, (void *)hierarchy_of(cgroup->whole.controller));
}

/* What the program left running keeps it: then the next one removes it, or the end of the guest. Who is just ending does so for a moment. */
void run_cgroup_remove(const struct run_cgroup *cgroup)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < ENDING_MS; i++) {
		bool is_used = false;

		if (unlinkat(cgroup->parent, cgroup->name, AT_REMOVEDIR) == 0 || errno != EBUSY ||
		    whole_scan(&cgroup->whole, see_one, &is_used) < 0 || is_used)
			return;
		(void)nanosleep(&pause, NULL);
	}
}

static bool see_one(pid_t pid, void *context)
{
	(void)pid;
	*(bool *)context = true;
	return false;
}

/* systemd-nspawn has the guest see `payload` only: who is beside it would seem to be outside. */
static int open_parent(struct run_cgroup *cgroup, const struct guest *guest, const struct whole *whole)
{
	char own[PATH_MAX], payload[PATH_MAX + sizeof("/payload")];

	snprintf(payload, sizeof(payload), "%s/payload", whole->path);
	if (process_cgroup_of(whole->controller, guest->pid, own, sizeof(own)) < 0 || !is_below(own, payload)) {
		snprintf(cgroup->path, sizeof(cgroup->path), "%s", whole->path);
		return fcntl(whole->folder, F_DUPFD_CLOEXEC, 0);
	}
	snprintf(cgroup->path, sizeof(cgroup->path), "%.4000s", payload);
	return openat(whole->folder, "payload", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void remove_former(int parent)
{
	int listing = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folders = listing < 0 ? NULL : fdopendir(listing);
	struct dirent *entry;

	if (!folders) {
		close_fd(&listing);
		return;
	}
	while ((entry = readdir(folders)))
		if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0)
			(void)unlinkat(parent, entry->d_name, AT_REMOVEDIR);
	closedir(folders);
}

/* In `done`, the one with the cgroup of its own, it is already. */
static int join_as_init(const struct hierarchy *hierarchy, const char *path, void *done)
{
	if (hierarchy == done)
		return 0;
	if (strstr(path, "/.."))
		return -EPERM;
	autofd int folder = cgroup_open_in(hierarchy, path);

	return folder < 0 ? folder : cgroup_write(folder, "cgroup.procs", "0");
}
