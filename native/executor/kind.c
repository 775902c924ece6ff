#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kind.h"
#include "paths.h"

static bool has_own_users(const struct guest *guest);
static bool null_opens(const struct guest *guest, int dev);

/*
 * A file system mounted in a user namespace never opens a device. The kernel does not tell whose a file system is, so
 * the guest's own null is tried: one that lies in the file system of /dev and opens is proof. Binding works everywhere,
 * so it is the answer in doubt.
 */
bool needs_binds(const struct guest *guest)
{
	struct statvfs system;
	autofd int dev = path_open(guest, "dev");

	if (dev < 0)
		return has_own_users(guest);
	if (fstatvfs(dev, &system) < 0 || (system.f_flag & ST_NODEV))
		return true;
	return has_own_users(guest) && !null_opens(guest, dev);
}

static bool has_own_users(const struct guest *guest)
{
	char path[64];
	struct stat theirs, ours;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", guest->pid);
	return stat(path, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0 || theirs.st_ino != ours.st_ino;
}

static bool null_opens(const struct guest *guest, int dev)
{
	struct stat folder, node;
	char self[64];
	autofd int null = path_open(guest, "dev/null");

	if (null < 0 || fstat(null, &node) < 0 || fstat(dev, &folder) < 0 || node.st_dev != folder.st_dev ||
	    !S_ISCHR(node.st_mode) || node.st_rdev != makedev(1, 3))
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", null);
	autofd int opened = open(self, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return opened >= 0;
}
