#include "guest_root.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diskseq.h"
#include "executor.h"
#include "guest.h"
#include "mount_lines.h"
#include "open_cached.h"
#include "processes.h"

/* Every file system without a disk may call its root so. */
enum { COMMON_ROOT = 2 };

struct search {
	const struct root_id *root;
	pinner_fn *each;
	void *context;
	struct effort effort;
};

static bool take_root(pid_t pid, const struct mount_line *line, void *context);
static bool is_other(pid_t pid, const struct mount_line *line, void *context);
static bool look_at(pid_t pid, void *context);
static bool judge(pid_t pid, const struct mount_line *line, void *context);
static ino_t inode_at(pid_t pid, const char *path);
static unsigned long disk_of(const struct root_id *root);
static bool is_of(const struct mount_line *line, const struct root_id *root);

bool guest_root_identify(pid_t init, struct root_id *root)
{
	struct effort effort = effort_begin();

	*root = (struct root_id){ 0 };
	mount_lines_begin();
	if (!mount_lines_of(init, &effort, take_root, root))
		return false;
	root->inode = inode_at(init, "/");
	root->diskseq = disk_of(root);
	if (root->inode == 0 || (root->major == 0 ? root->inode <= COMMON_ROOT : root->diskseq == 0))
		return false;
	mount_lines_begin();
	return mount_lines_of(getppid(), &effort, is_other, root);
}

bool guest_root_mounts_each(const struct root_id *root, pinner_fn *each, void *context)
{
	struct search search = { .root = root, .each = each, .context = context, .effort = effort_begin() };

	if (disk_of(root) != root->diskseq)
		return true;
	mount_lines_begin();
	processes_each(look_at, &search);
	return !search.effort.is_late;
}

/* The last one is on top. */
static bool take_root(pid_t pid, const struct mount_line *line, void *context)
{
	struct root_id *root = context;

	(void)pid;
	if (strcmp(line->point, "/") == 0 && sscanf(line->device, "%u:%u", &root->major, &root->minor) != 2)
		*root = (struct root_id){ 0 };
	return true;
}

static bool is_other(pid_t pid, const struct mount_line *line, void *context)
{
	(void)pid;
	return !is_of(line, context);
}

/* Another guest may have the same root, and has a right to it. */
static bool look_at(pid_t pid, void *context)
{
	struct search *search = context;

	return is_contained(pid) ? effort_goes_on(&search->effort) : mount_lines_of(pid, &search->effort, judge, search);
}

static bool judge(pid_t pid, const struct mount_line *line, void *context)
{
	const struct search *search = context;

	return !is_of(line, search->root) || inode_at(pid, line->point) != search->root->inode ||
	       search->each(&(struct pinner){ pid, PINS_MOUNTED, line->point, -1 }, search->context);
}

/* As a process sees it: 0, nothing. */
static ino_t inode_at(pid_t pid, const char *path)
{
	struct statx found;
	char root[64];

	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	autofd int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int at = folder < 0 ? -1 : open_cached(folder, path, 0);
	return at < 0 || statx(at, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &found) < 0 ? 0 : found.stx_ino;
}

static unsigned long disk_of(const struct root_id *root)
{
	const struct device_number disk = { 'b', root->major, root->minor };
	unsigned long diskseq = 0;

	return root->major && diskseq_read(&disk, &diskseq) ? diskseq : 0;
}

static bool is_of(const struct mount_line *line, const struct root_id *root)
{
	char device[32];

	snprintf(device, sizeof(device), "%u:%u", root->major, root->minor);
	return strcmp(line->device, device) == 0;
}
