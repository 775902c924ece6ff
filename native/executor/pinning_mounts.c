#include "pinning_mounts.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "executor.h"
#include "mount_lines.h"

struct search {
	const char *link;
	pinning_mount_fn *each;
	void *context;
};

static bool take(pid_t pid, const struct mount_line *line, void *context);
static int open_inside(pid_t pid, const char *path);

void pinning_mounts_of(pid_t pid, const char *link, struct effort *effort, pinning_mount_fn *each, void *context)
{
	struct search search = { link, each, context };

	(void)mount_lines_of(pid, effort, take, &search);
}

/* Only of namespaces the root has no slash. */
static bool take(pid_t pid, const struct mount_line *line, void *context)
{
	const struct search *search = context;

	if (strcmp(line->root, search->link) != 0)
		return true;
	autofd int mount = open_inside(pid, line->point);

	return mount < 0 || search->each(pid, mount, line->point, search->context);
}

static int open_inside(pid_t pid, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char root[64];

	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	autofd int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -1 : (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}
