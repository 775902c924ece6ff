#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "staging.h"

static char run[PATH_MAX] = "/run/hostler";

static int open_folder(const char *path, mode_t mode);
static bool is_mounted(int folder);

bool staging_set_run(const char *path)
{
	if (path[0] != '/' || strlen(path) > PATH_MAX - 64)
		return false;
	strcpy(run, path);
	return true;
}

int staging_open(const char *guest)
{
	char nodes[PATH_MAX + 8], folder[PATH_MAX + GUEST_NAME_MAX + 16];

	snprintf(nodes, sizeof(nodes), "%s/nodes", run);
	snprintf(folder, sizeof(folder), "%s/%s", nodes, guest);
	autofd int top = open_folder(run, 0755);
	autofd int mounted = top < 0 ? top : open_folder(nodes, 0711);

	if (mounted < 0)
		return mounted;
	if (!is_mounted(mounted) &&
	    mount("hostler", nodes, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0711,size=4m,nr_inodes=65536") < 0)
		return -errno;
	return open_folder(folder, 0711);
}

static int open_folder(const char *path, mode_t mode)
{
	int folder;

	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return -errno;
	folder = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder < 0 ? -errno : folder;
}

/* RUN may itself be a tmpfs: only a root of its own is the staging file system. */
static bool is_mounted(int folder)
{
	struct statfs system;
	struct statx self;

	return fstatfs(folder, &system) == 0 && system.f_type == TMPFS_MAGIC &&
	       statx(folder, "", AT_EMPTY_PATH, 0, &self) == 0 && (self.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}
