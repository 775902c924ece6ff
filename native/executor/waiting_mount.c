#include "waiting_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apart.h"
#include "executor.h"
#include "hierarchies.h"
#include "mount_lines.h"

enum { PATIENCE_MS = 200 };

struct call {
	long number;
	unsigned long long argument[2];
};
struct place {
	pid_t pid;
	unsigned long long address;
};
struct sought {
	long id;          /* of the mount, or -1 */
	const char *path; /* what lies on it, else */
	size_t longest;
	char *text;
	size_t size;
};

static const long by_descriptor[] = {
	SYS_read,	SYS_write,    SYS_pread64, SYS_pwrite64,  SYS_readv,   SYS_writev,  SYS_preadv,	 SYS_pwritev,
	SYS_fsync,	SYS_fdatasync, SYS_syncfs, SYS_ftruncate, SYS_fallocate, SYS_fstat, SYS_getdents64, SYS_fchmod,
	SYS_fchown,	SYS_flock,    SYS_ioctl,   SYS_sendfile,  SYS_fchdir,  SYS_fstatfs, SYS_close,	 SYS_fcntl,
};
static const long by_path_at[] = {
	SYS_openat,   SYS_openat2,    SYS_newfstatat, SYS_statx,    SYS_faccessat, SYS_faccessat2,
	SYS_unlinkat, SYS_mkdirat,    SYS_readlinkat, SYS_fchmodat, SYS_fchownat,  SYS_utimensat,
};
static const long by_path[] = {
#ifdef SYS_open
	SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_readlink, SYS_chmod, SYS_chown,
#endif
	SYS_chdir, SYS_statfs, SYS_truncate, SYS_execve,
};

#define HAS(list, number) has(list, sizeof(list) / sizeof(*(list)), number)

static bool has(const long *list, size_t length, long number);
static long mount_of_descriptor(pid_t pid, unsigned int descriptor);
static bool path_of(pid_t pid, const struct call *call, char path[PATH_MAX]);
static bool read_path(pid_t pid, unsigned long long address, char path[PATH_MAX]);
static void read_memory(const void *of, void *path);
static bool take(pid_t pid, const struct mount_line *line, void *context);

bool waiting_mount(pid_t pid, const char *line, uint64_t until, char *text, size_t size)
{
	struct effort effort = { .until = until };
	struct sought sought = { -1, NULL, 0, text, size };
	char path[PATH_MAX];
	struct call call;

	if (sscanf(line, "%ld %llx %llx", &call.number, &call.argument[0], &call.argument[1]) != 3)
		return false;
	if (HAS(by_descriptor, call.number))
		sought.id = mount_of_descriptor(pid, (unsigned int)call.argument[0]);
	else if (path_of(pid, &call, path))
		sought.path = path;
	if (sought.id < 0 && !sought.path)
		return false;
	text[0] = '\0';
	mount_lines_begin();
	(void)mount_lines_of(pid, &effort, take, &sought);
	return text[0] && !effort.is_late;
}

static bool has(const long *list, size_t length, long number)
{
	for (size_t i = 0; i < length; i++)
		if (list[i] == number)
			return true;
	return false;
}

static long mount_of_descriptor(pid_t pid, unsigned int descriptor)
{
	char file[64], line[128];
	long id = -1;
	FILE *lines;

	snprintf(file, sizeof(file), "/proc/%d/fdinfo/%u", pid, descriptor);
	lines = fopen(file, "re");
	while (lines && id < 0 && fgets(line, sizeof(line), lines))
		if (sscanf(line, "mnt_id: %ld", &id) != 1)
			id = -1;
	if (lines)
		fclose(lines);
	return id;
}

/* Where it is no whole path, from where the process is, or from the folder that it names by a descriptor. */
static bool path_of(pid_t pid, const struct call *call, char path[PATH_MAX])
{
	bool is_at = HAS(by_path_at, call->number);
	char file[64], own[PATH_MAX];
	ssize_t length;

	if ((!is_at && !HAS(by_path, call->number)) || !read_path(pid, call->argument[is_at ? 1 : 0], own))
		return false;
	if (own[0] == '/') {
		strcpy(path, own);
		return true;
	}
	if (!is_at || (int)call->argument[0] == AT_FDCWD)
		snprintf(file, sizeof(file), "/proc/%d/cwd", pid);
	else
		snprintf(file, sizeof(file), "/proc/%d/fd/%d", pid, (int)call->argument[0]);
	length = readlink(file, path, PATH_MAX - 1);
	if (length <= 0 || (size_t)length + 1 + strlen(own) >= PATH_MAX)
		return false;
	path[length] = '/';
	strcpy(path + length + 1, own);
	return true;
}

/*
 * Who reads in its memory may not come back: another of its threads may hold it while that waits itself, and what is mapped there
 * may be of the file system that does not answer.
 */
static bool read_path(pid_t pid, unsigned long long address, char path[PATH_MAX])
{
	static bool is_left;
	const struct place place = { pid, address };
	const struct asking asking = { PATIENCE_MS, read_memory, &place, path, PATH_MAX };
	pid_t left;
	int error = is_left ? -EBUSY : apart_ask(&asking, &left);

	is_left = is_left || error == -ETIMEDOUT;
	return error == 0 && memchr(path, '\0', PATH_MAX);
}

/* What was not read has no end. */
static void read_memory(const void *of, void *path)
{
	const struct place *place = of;
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/mem", place->pid);
	autofd int memory = open(file, O_RDONLY | O_CLOEXEC);
	memset(path, '/', PATH_MAX);
	if (memory >= 0 && pread(memory, path, PATH_MAX, (off_t)place->address) < 0)
		memset(path, '/', PATH_MAX);
}

/* The mount that was made last hides others at the same place. By its path nothing is known of what lies on the root itself. */
static bool take(pid_t pid, const struct mount_line *line, void *context)
{
	struct sought *sought = context;
	size_t length = strlen(line->point);

	(void)pid;
	if (sought->path ? length < sought->longest || !is_below(sought->path, line->point) : line->id != sought->id)
		return true;
	sought->longest = length;
	snprintf(sought->text, sought->size, "%s %s %s", line->type, line->source, line->point);
	return sought->path;
}
