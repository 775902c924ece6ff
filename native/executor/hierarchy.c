#include "hierarchy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool find(struct hierarchy *found);
static bool mount_is_v1_devices(const char *line);
static bool take_mount_point(const char *line, struct hierarchy *found);

const struct hierarchy *hierarchy_of_devices(void)
{
	static struct hierarchy hierarchy;

	return hierarchy.mount[0] || find(&hierarchy) ? &hierarchy : NULL;
}

int cgroup_open(const char *cgroup)
{
	const struct hierarchy *hierarchy = hierarchy_of_devices();
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	autofd int root = hierarchy ? open(hierarchy->mount, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int fd;

	if (!hierarchy || cgroup[0] != '/')
		return hierarchy ? -EINVAL : -ENODEV;
	if (root < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root, cgroup[1] ? cgroup + 1 : ".", &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

FILE *cgroup_processes(int folder)
{
	int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* A mount whose root is not the hierarchy's own shows only a part of it: passed over. */
static bool find(struct hierarchy *found)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	bool is_v1 = false;

	if (!mounts)
		return false;
	while (!is_v1 && fgets(line, sizeof(line), mounts)) {
		const char *type = strstr(line, " - ");

		if (!type)
			continue;
		is_v1 = mount_is_v1_devices(type) && take_mount_point(line, found);
		if (!is_v1 && !found->mount[0] && strncmp(type, " - cgroup2 ", 11) == 0)
			found->is_v2 = take_mount_point(line, found);
	}
	fclose(mounts);
	if (is_v1)
		found->is_v2 = false;
	return found->mount[0] != '\0';
}

static bool mount_is_v1_devices(const char *type)
{
	const char *options = strrchr(type, ' '), *at;

	if (strncmp(type, " - cgroup ", 10) != 0 || !options)
		return false;
	at = strstr(options, "devices");
	return at && strchr(" ,", at[-1]) && strchr(",\n", at[7]);
}

/* Fields 4 and 5: root of the mount and its mount point. */
static bool take_mount_point(const char *line, struct hierarchy *found)
{
	char root[8];
	char mount[sizeof(found->mount)];

	if (sscanf(line, "%*s %*s %*s %7s %255s", root, mount) != 2 || strcmp(root, "/") != 0)
		return false;
	strcpy(found->mount, mount);
	return true;
}
