#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "nodes.h"
#include "publish.h"
#include "static_nodes.h"

static int make_bare(int folder, const struct device_number *number);

int number_check(const struct device_number *number, const char *word, struct failure *failure)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/dev/%s/%u:%u", number->type == 'c' ? "char" : "block", number->major,
		 number->minor);
	if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || is_static_node(number))
		return 0;
	return fail(failure, ENODEV, "sysfs", word);
}

bool number_is(const struct device_number *number, const struct stat *file)
{
	mode_t type = number->type == 'c' ? S_IFCHR : S_IFBLK;

	return (file->st_mode & S_IFMT) == type && file->st_rdev == makedev(number->major, number->minor);
}

/* What stands under the name need not be what was made: the guest may have put another there, or bound one over it. */
int node_make(int folder, const struct node *node, const char *path, struct failure *failure)
{
	int error = make_bare(folder, &node->number), fd;
	struct stat made;

	if (error < 0)
		return fail(failure, -error, "mknodat", path);
	fd = openat(folder, TEMPORARY, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		fail(failure, errno, "openat", path);
	} else if (fstat(fd, &made) < 0 || !number_is(&node->number, &made) || is_on_host_dev(fd)) {
		fail(failure, EPERM, "number", path);
	} else if (node_own(fd, node, path, failure) == 0) {
		return fd;
	}
	close_fd(&fd);
	clear_temporary(folder);
	return -1;
}

int node_own(int fd, const struct node *node, const char *path, struct failure *failure)
{
	char self[64];
	struct stat now;

	if (fstat(fd, &now) < 0)
		return fail(failure, errno, "fstat", path);
	if ((now.st_uid != node->owner.uid || now.st_gid != node->owner.gid) &&
	    fchownat(fd, "", node->owner.uid, node->owner.gid, AT_EMPTY_PATH) < 0)
		return fail(failure, errno, "fchownat", path);
	if ((now.st_mode & 07777) == node->mode)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return chmod(self, node->mode) < 0 ? fail(failure, errno, "chmod", path) : 0;
}

static int make_bare(int folder, const struct device_number *number)
{
	mode_t type = number->type == 'c' ? S_IFCHR : S_IFBLK;
	dev_t device = makedev(number->major, number->minor);

	if (mknodat(folder, TEMPORARY, type, device) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	clear_temporary(folder);
	return mknodat(folder, TEMPORARY, type, device) < 0 ? -errno : 0;
}
