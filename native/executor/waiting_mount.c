#include "waiting_mount.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "executor.h"
#include "hierarchies.h"

enum { LINE_BYTES = 8192, LINES_MAX = 16384, PATIENCE_MS = 200, FIELDS = 64, ID = 0, POINT = 4, FIRST_OPTIONAL = 6 };

struct call {
	long number;
	unsigned long long argument[2];
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
static bool read_memory(pid_t pid, unsigned long long address, char *path);
static bool find(pid_t pid, struct sought *sought);
static void take(char *line, struct sought *sought);

bool waiting_mount(pid_t pid, const char *line, char *text, size_t size)
{
	struct sought sought = { -1, NULL, 0, text, size };
	char path[PATH_MAX];
	struct call call;

	if (sscanf(line, "%ld %llx %llx", &call.number, &call.argument[0], &call.argument[1]) != 3)
		return false;
	if (HAS(by_descriptor, call.number))
		sought.id = mount_of_descriptor(pid, (unsigned int)call.argument[0]);
	else if (path_of(pid, &call, path))
		sought.path = path;
	return (sought.id >= 0 || sought.path) && find(pid, &sought);
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
 * may be of the file system that does not answer. The kernel takes note of the end of a child of ours by itself.
 */
static bool read_path(pid_t pid, unsigned long long address, char path[PATH_MAX])
{
	static char *shared;
	static bool is_held;
	pid_t parent = getpid(), child;
	struct pollfd ended = { .events = POLLIN };

	if (!shared)
		shared = mmap(NULL, 1 + PATH_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (is_held || shared == MAP_FAILED)
		return false;
	shared[0] = false;
	child = fork();
	if (child == 0) {
		child_begin(parent);
		if (close_range(0, ~0U, 0) == 0)
			shared[0] = read_memory(pid, address, shared + 1);
		_exit(0);
	}
	autofd int process = child < 0 ? -1 : (int)syscall(SYS_pidfd_open, child, 0);
	ended.fd = process;
	is_held = process >= 0 && poll(&ended, 1, PATIENCE_MS) == 0;
	if (is_held)
		(void)kill(child, SIGKILL);
	if (is_held || !shared[0])
		return false;
	memcpy(path, shared + 1, PATH_MAX);
	return true;
}

static bool read_memory(pid_t pid, unsigned long long address, char *path)
{
	char file[64];
	ssize_t got;

	snprintf(file, sizeof(file), "/proc/%d/mem", pid);
	autofd int memory = open(file, O_RDONLY | O_CLOEXEC);
	got = memory < 0 ? -1 : pread(memory, path, PATH_MAX, (off_t)address);
	return got > 0 && memchr(path, '\0', (size_t)got) != NULL;
}

static bool find(pid_t pid, struct sought *sought)
{
	static char line[LINE_BYTES];
	bool is_rest = false;
	char file[64];
	FILE *lines;

	snprintf(file, sizeof(file), "/proc/%d/mountinfo", pid);
	lines = fopen(file, "re");
	sought->text[0] = '\0';
	for (int count = 0; lines && count < LINES_MAX && fgets(line, sizeof(line), lines); count++) {
		bool is_whole = strchr(line, '\n') != NULL;

		if (is_whole && !is_rest)
			take(line, sought);
		is_rest = !is_whole;
	}
	if (lines)
		fclose(lines);
	return sought->text[0] != '\0';
}

/* The mount that was made last hides others at the same place. By its path nothing is known of what lies on the root itself. */
static void take(char *line, struct sought *sought)
{
	char *field[FIELDS], *rest = line, *word;
	int fields = 0, dash = FIRST_OPTIONAL;
	size_t length;

	line[strcspn(line, "\n")] = '\0';
	while (fields < FIELDS && (word = strsep(&rest, " ")))
		field[fields++] = word;
	while (dash < fields && strcmp(field[dash], "-") != 0)
		dash++;
	if (dash + 2 >= fields)
		return;
	length = strlen(field[POINT]);
	if (sought->path ? length < sought->longest || !is_below(sought->path, field[POINT]) : atol(field[ID]) != sought->id)
		return;
	sought->longest = length;
	snprintf(sought->text, sought->size, "%s %s %s", field[dash + 1], field[dash + 2], field[POINT]);
}
