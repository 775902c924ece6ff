#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "staging.h"

static char run[PATH_MAX] = "/run/hostler";

static int mount_fresh(const char *path);
static int make_folder(int parent, const char *name, mode_t mode);
static bool is_mounted(int folder);

bool staging_set_run(const char *path)
{
	if (path[0] != '/' || strlen(path) >= sizeof(run))
		return false;
	strcpy(run, path);
	return true;
}

/* The instance's folder in it tells whose the file system is: one of an earlier start is let go whole. */
int staging_open(const char *guest, pid_t init, unsigned long long start_time)
{
	char path[PATH_MAX + GUEST_NAME_MAX + 16], instance[64];
	autofd int top = staging_top();
	autofd int folder = top < 0 ? top : make_folder(top, guest, 0711);
	int failed;

	if (folder < 0)
		return folder;
	snprintf(path, sizeof(path), "%s/nodes/%s", run, guest);
	snprintf(instance, sizeof(instance), "%d-%llu", init, start_time);
	if (is_mounted(folder) && faccessat(folder, instance, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return make_folder(folder, instance, 0711);
	if (is_mounted(folder) && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return -errno;
	failed = mount_fresh(path);
	if (failed < 0)
		return failed;
	autofd int fresh = make_folder(top, guest, 0711);
	return fresh < 0 ? fresh : make_folder(fresh, instance, 0711);
}

int staging_top(void)
{
	autofd int parent = make_folder(AT_FDCWD, run, 0755);

	return parent < 0 ? parent : make_folder(parent, "nodes", 0711);
}

void staging_remove(const char *guest)
{
	char path[PATH_MAX + GUEST_NAME_MAX + 16];

	snprintf(path, sizeof(path), "%s/nodes/%s", run, guest);
	(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
	(void)rmdir(path);
}

/* Private: what is bound into a guest must not follow mounts and unmounts of the host. */
static int mount_fresh(const char *path)
{
	static const char options[] = "mode=0711,size=64k,nr_inodes=8192";

	if (mount("hostler", path, "tmpfs", MS_NOSUID | MS_NOEXEC, options) < 0)
		return -errno;
	return mount(NULL, path, NULL, MS_PRIVATE, NULL) < 0 ? -errno : 0;
}

static int make_folder(int parent, const char *name, mode_t mode)
{
	int folder;

	if (mkdirat(parent, name, mode) < 0 && errno != EEXIST)
		return -errno;
	folder = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return folder < 0 ? -errno : folder;
}

static bool is_mounted(int folder)
{
	struct statx self;

	return statx(folder, "", AT_EMPTY_PATH, 0, &self) == 0 && (self.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}
