#include "guest_loops.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "loop_devices.h"
#include "mount_lines.h"
#include "open_cached.h"
#include "processes.h"
#include "silent_disks.h"

/* What takes longer is a file system that hangs, or a machine where nothing goes on. */
enum { ANSWER_MS = 1500, LOOKS = 16 };

struct search {
	const struct guest *guest;
	guest_loop_fn *each;
	void *context;
	int root;
	dev_t root_device;
	ino_t root_inode;
	enum { UNKNOWN, ALONE, SHARED } shared;
	struct effort effort;
};
struct question {
	unsigned int number;
	const char *path;
	bool holds_root;
};
struct reply {
	uint64_t diskseq;
	dev_t device;
	ino_t inode;
	bool is_candidate;
};

static bool judge(unsigned int number, void *context);
static void ask(const void *of, void *reply);
static bool is_root(const struct search *search, unsigned int number);
static bool is_other(pid_t pid, const struct mount_line *line, void *context);
static bool is_of_guest(struct search *search, const struct loop_id *loop);
static bool find(int root, const char *path, unsigned long long resolve, struct loop_id *file);
static bool is_hosts(const char *path, const struct loop_id *loop);
static bool step(int *folder, const char *name);
static bool identify(int file, struct loop_id *id);
static bool is_same(const struct loop_id *file, const struct loop_id *other);
static bool is_alone(struct search *search);
static bool has_other_root(pid_t pid, void *context);
static ino_t mount_namespace(pid_t pid);

void guest_loops_each(const struct guest *guest, guest_loop_fn *each, void *context)
{
	char path[64];
	struct statx root;

	snprintf(path, sizeof(path), "/proc/%d/root", guest->pid);
	autofd int inside = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct search search = { .guest = guest, .each = each, .context = context, .root = inside,
				 .effort = effort_begin() };

	if (inside < 0 || statx(inside, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &root) < 0)
		return;
	search.root_device = makedev(root.stx_dev_major, root.stx_dev_minor);
	search.root_inode = root.stx_ino;
	loop_devices_each(judge, &search);
}

/* Only what may be the guest's is opened: who detaches its file meanwhile has to wait for that. */
static bool judge(unsigned int number, void *context)
{
	struct search *search = context;
	struct loop_id loop = { .number = number }, file;
	struct question question = { number, loop.path, is_root(search, number) };
	struct reply reply;
	const struct asking asking = { ANSWER_MS, ask, &question, &reply, sizeof(reply) };

	if (!loop_device_diskseq(number, &loop.diskseq) || !loop_device_path(number, loop.path))
		return true;
	if (!question.holds_root && !find(search->root, loop.path, RESOLVE_NO_XDEV, &file))
		return true;
	if (disk_ask(loop.diskseq, &asking) == 0 && reply.is_candidate && reply.diskseq == loop.diskseq) {
		loop.device = reply.device;
		loop.inode = reply.inode;
		if (question.holds_root || is_of_guest(search, &loop))
			search->each(&loop, search->context);
	}
	return effort_goes_on(&search->effort);
}

/* Its file may be a guest's file system's, and what has its path on the host anybody's. */
static void ask(const void *of, void *reply)
{
	const struct question *question = of;
	struct reply *said = reply;
	struct loop_id loop;
	bool clears_itself;
	autofd int device = loop_device_open(question->number, O_RDONLY, &loop, &clears_itself);

	*said = (struct reply){ 0 };
	if (device < 0)
		return;
	*said = (struct reply){ loop.diskseq, loop.device, loop.inode, clears_itself };
	if (!question->holds_root)
		said->is_candidate = !is_hosts(question->path, &loop);
}

/* Nobody else has it mounted. */
static bool is_root(const struct search *search, unsigned int number)
{
	struct effort effort = { .until = search->effort.until };
	char own[32], device[32];

	snprintf(own, sizeof(own), "%u:%u", major(search->root_device), minor(search->root_device));
	if (!loop_device_number(number, device, sizeof(device)) || strcmp(device, own) != 0)
		return false;
	mount_lines_begin();
	return mount_lines_of(getppid(), &effort, is_other, device);
}

static bool is_other(pid_t pid, const struct mount_line *line, void *context)
{
	(void)pid;
	return strcmp(line->device, context) != 0;
}

/*
 * The guest may rename while it is looked at: the host's path of a file cannot lead to it in the guest as well, but now the one
 * and now the other. Nobody hits that so often.
 */
static bool is_of_guest(struct search *search, const struct loop_id *loop)
{
	struct loop_id inside;
	char again[PATH_MAX];

	for (int i = 0; i < LOOKS; i++)
		if (!find(search->root, loop->path, RESOLVE_NO_XDEV, &inside) || inside.device != search->root_device ||
		    !is_same(&inside, loop) || !loop_device_path(loop->number, again) || strcmp(again, loop->path) != 0)
			return false;
	return is_alone(search) && loop_device_is(loop);
}

static bool find(int root, const char *path, unsigned long long resolve, struct loop_id *file)
{
	autofd int found = open_cached(root, path, resolve);

	return found >= 0 && identify(found, file);
}

/*
 * Here it has to be certain that it is another one: what is not in the cache is looked for. But the path is the guest's choice,
 * and none of its parts makes the host mount something.
 */
static bool is_hosts(const char *path, const struct loop_id *loop)
{
	char copy[PATH_MAX], *rest = copy, *name;
	struct loop_id host;
	int found = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	snprintf(copy, sizeof(copy), "%s", path);
	while (found >= 0 && (name = strsep(&rest, "/")))
		if (*name && !step(&found, name))
			return errno != ENOENT && errno != ENOTDIR;
	bool is_another = found >= 0 && identify(found, &host) && !is_same(&host, loop);
	close_fd(&found);
	return !is_another;
}

/* One name of a path, where nothing is mounted by being looked for, and no link is followed. */
static bool step(int *folder, const char *name)
{
	struct statfs system;
	struct stat is;
	int found = -1;

	errno = ELOOP;
	if (fstatfs(*folder, &system) == 0 && system.f_type != AUTOFS_SUPER_MAGIC && fstat(*folder, &is) == 0 &&
	    !S_ISLNK(is.st_mode))
		found = openat(*folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	close_fd(folder);
	*folder = found;
	return found >= 0;
}

static bool identify(int file, struct loop_id *id)
{
	struct statx is;

	if (statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &is) < 0)
		return false;
	id->device = makedev(is.stx_dev_major, is.stx_dev_minor);
	id->inode = is.stx_ino;
	return true;
}

static bool is_same(const struct loop_id *file, const struct loop_id *other)
{
	return file->device == other->device && file->inode == other->inode;
}

/* Two guests may have one root: whose path that is cannot be told then. */
static bool is_alone(struct search *search)
{
	if (search->shared == UNKNOWN) {
		search->shared = ALONE;
		processes_each(has_other_root, search);
	}
	return search->shared == ALONE;
}

static bool has_other_root(pid_t pid, void *context)
{
	struct search *search = context;
	char path[64], own[PATH_MAX];
	struct statx root;

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &root) < 0 ||
	    root.stx_ino != search->root_inode ||
	    makedev(root.stx_dev_major, root.stx_dev_minor) != search->root_device ||
	    (process_cgroup(pid, own, sizeof(own)) == 0 && is_below(own, search->guest->cgroup)) ||
	    mount_namespace(pid) == mount_namespace(search->guest->pid))
		return true;
	search->shared = SHARED;
	return false;
}

static ino_t mount_namespace(pid_t pid)
{
	char path[64];
	struct stat found;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	return stat(path, &found) < 0 ? 0 : found.st_ino;
}
