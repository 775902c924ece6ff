#include "loop_users.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "loop_devices.h"
#include "mount_lines.h"
#include "process_stat.h"
#include "processes.h"
#include "silent_disks.h"

/* What was written to it is first written to its file. */
enum { DETACH_MS = 5000 };

struct search {
	pinner_fn *each;
	void *context;
	char device[32];
	struct effort effort;
};

static bool look_at_open(pid_t pid, void *context);
static bool is_open(pid_t pid, struct search *search);
static bool look_at_mounts(pid_t pid, void *context);
static bool take_mount(pid_t pid, const struct mount_line *line, void *context);
static bool is_own(pid_t pid);
static bool note_user(const struct pinner *user, void *context);
static void detach(const void *of, void *reply);

bool loop_users_each(const struct loop_id *loop, pinner_fn *each, void *context)
{
	struct search search = { .each = each, .context = context, .effort = effort_begin() };

	if (!loop_device_number(loop->number, search.device, sizeof(search.device)))
		return false;
	processes_each(look_at_open, &search);
	mount_lines_begin();
	if (effort_goes_on(&search.effort))
		processes_each(look_at_mounts, &search);
	return !search.effort.is_late;
}

/* Who is not seen because others have much open loses nothing: what is mounted cannot be held, and what is open goes with its last use. */
int loop_take(const struct loop_id *loop, struct failure *failure)
{
	char subject[32];
	pid_t user = 0;
	int error, reply;
	const struct asking asking = { DETACH_MS, detach, loop, &reply, sizeof(reply) };

	if (!loop_device_is(loop))
		return 0;
	snprintf(subject, sizeof(subject), "%u", loop->number);
	(void)loop_users_each(loop, note_user, &user);
	if (user)
		return fail(failure, EBUSY, "loop", subject);
	error = disk_ask(loop->diskseq, &asking);
	if (error == 0)
		error = reply;
	return error < 0 ? fail(failure, -error, "loop", subject) : 0;
}

/* Held for itself, it is not mounted anywhere, cannot be, and gets no other file. */
static void detach(const void *of, void *reply)
{
	const struct loop_id *loop = of;
	struct loop_id now;
	bool clears_itself;
	int *error = reply;
	autofd int device = loop_device_open(loop->number, O_RDONLY | O_EXCL, &now, &clears_itself);

	*error = device < 0 && device != -ENXIO ? device : 0;
	if (device >= 0 && now.diskseq == loop->diskseq && now.device == loop->device && now.inode == loop->inode &&
	    ioctl(device, LOOP_CLR_FD, 0) < 0 && errno != ENXIO)
		*error = -errno;
}

static bool look_at_open(pid_t pid, void *context)
{
	struct search *search = context;

	if (!is_own(pid) && is_open(pid, search))
		search->effort.has_ended = !search->each(&(struct pinner){ pid, PINS_OPEN, NULL, -1 }, search->context);
	return effort_goes_on(&search->effort);
}

/* Nothing is asked of the file system of what it has open, which may never answer. */
static bool is_open(pid_t pid, struct search *search)
{
	char path[64], number[32];
	struct dirent *entry;
	struct statx file;
	bool found = false;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = opendir(path);
	while (files && !found && effort_goes_on(&search->effort) && (entry = readdir(files))) {
		if (statx(dirfd(files), entry->d_name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &file) < 0 ||
		    !S_ISBLK(file.stx_mode))
			continue;
		snprintf(number, sizeof(number), "%u:%u", file.stx_rdev_major, file.stx_rdev_minor);
		found = strcmp(number, search->device) == 0;
	}
	if (files)
		closedir(files);
	return found;
}

static bool look_at_mounts(pid_t pid, void *context)
{
	struct search *search = context;

	return mount_lines_of(pid, &search->effort, take_mount, search);
}

static bool take_mount(pid_t pid, const struct mount_line *line, void *context)
{
	struct search *search = context;

	return strcmp(line->device, search->device) != 0 ||
	       search->each(&(struct pinner){ pid, PINS_MOUNTED, line->point, -1 }, search->context);
}

/* This one, and others that look around as it does. */
static bool is_own(pid_t pid)
{
	struct process_stat process;

	return pid == getpid() || process_stat(pid, &process) < 0 || process.parent == getppid();
}

static bool note_user(const struct pinner *user, void *context)
{
	*(pid_t *)context = user->pid;
	return false;
}
