#include "whole.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroups.h"
#include "limited.h"

/* No v1 hierarchy has the first: it stands for v2. */
static const char *const controllers[] = { "cgroup", "freezer", "devices" };
enum { CONTROLLERS = sizeof(controllers) / sizeof(controllers[0]) };

static bool is_id(const struct whole *whole, const char *id);
static int take(struct whole *whole, const char *controller, const char *path, int folder);

int whole_open(const struct guest *guest, struct whole *whole, struct failure *failure)
{
	for (int i = 0; i < CONTROLLERS; i++) {
		int folder = limited_cgroup(guest, controllers[i]);

		if (folder >= 0 && take(whole, controllers[i], guest->cgroup, folder) == 0)
			return 0;
		close_fd(&folder);
	}
	return fail(failure, EPERM, "cgroup", guest->cgroup);
}

int whole_find(const char *cgroup, const char *id, struct whole *whole)
{
	for (int i = 0; i < CONTROLLERS; i++) {
		int folder = cgroup_open_in(hierarchy_of(controllers[i]), cgroup);

		if (folder >= 0 && take(whole, controllers[i], cgroup, folder) == 0 && is_id(whole, id))
			return 0;
		close_fd(&folder);
		whole->folder = -1;
	}
	return -ENOENT;
}

int whole_of(struct guest *guest, const char *id, struct whole *whole, struct failure *failure)
{
	whole->folder = -1;
	if (!is_guests_cgroup(guest->cgroup, guest->cgroup))
		return fail(failure, EPERM, "cgroup", guest->cgroup);
	if (limited_open_quickly(guest, failure) == 0)
		return whole_open(guest, whole, failure);
	close_fd(&guest->pidfd);
	guest->pidfd = -1;
	if (!id)
		return -1;
	(void)whole_find(guest->cgroup, id, whole);
	return 0;
}

bool whole_has(const struct whole *whole, pid_t pid)
{
	char own[PATH_MAX];

	return process_cgroup_of(whole->controller, pid, own, sizeof(own)) == 0 && is_below(own, whole->path);
}

int whole_scan(const struct whole *whole, process_fn *each, void *context)
{
	int error = processes_in(whole->folder, each, context);

	return error == -E2BIG ? processes_everywhere_in(whole->controller, whole->path, each, context) : error;
}

/* The number may be another process's since it was read: that one lived when its cgroup was looked at, just before. */
int whole_open_process(const struct whole *whole, pid_t pid)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = { .fd = process, .events = POLLIN };

	if (process >= 0 && whole_has(whole, pid) && poll(&ended, 1, 0) == 0)
		return process;
	close_fd(&process);
	return -ESRCH;
}

static bool is_id(const struct whole *whole, const char *id)
{
	char own[48];

	snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)whole->device, (unsigned long long)whole->inode);
	return strcmp(own, id) == 0;
}

static int take(struct whole *whole, const char *controller, const char *path, int folder)
{
	struct stat found;

	if (fstat(folder, &found) < 0)
		return -errno;
	*whole = (struct whole){ controller, path, folder, found.st_dev, found.st_ino };
	return 0;
}
