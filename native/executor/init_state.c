/* The verb `init-state`: what a guest's init is and what it listens to. Who asks has to judge: all of this is the guest's choice. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limited.h"
#include "paths.h"
#include "process_stat.h"
#include "task.h"
#include "verbs.h"
#include "whole.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, COMM_BYTES = 64, MASK_BYTES = 17, SET_BYTES = 8, TRIES = 8 };

static struct guest guest;

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static void read_exe(char *exe);
static void read_mask(const char *name, char *mask);
static void read_waited(char *mask);
static bool read_wait_once(char *mask);
static bool has_initctl(void);
static bool is_fifo(const char *path);

int verb_init_state(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "init-state", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest))
		return malformed(request, failure);
	return task_begin(&kind, guest.cgroup, request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	char exe[PATH_MAX], comm[COMM_BYTES], exe_word[3 * PATH_MAX + 2], comm_word[3 * COMM_BYTES + 2];
	char blocked[MASK_BYTES], ignored[MASK_BYTES], caught[MASK_BYTES], waited[MASK_BYTES];
	struct whole whole;
	bool has_fifo;

	(void)request;
	if (limited_open_quickly(&guest, failure) < 0 || whole_open(&guest, &whole, failure) < 0)
		return -1;
	read_exe(exe);
	(void)process_line(guest.pid, "comm", comm, sizeof(comm));
	read_mask("SigBlk", blocked);
	read_mask("SigIgn", ignored);
	read_mask("SigCgt", caught);
	read_waited(waited);
	has_fifo = has_initctl();
	if (limited_check(&guest, failure) < 0)
		return -1;
	answer_ok(answer, "%s %s %s %s %s %s %s %llu:%llu", encode(exe, exe_word, sizeof(exe_word)),
		  encode(comm, comm_word, sizeof(comm_word)), blocked, ignored, caught, waited, has_fifo ? "fifo" : "-",
		  (unsigned long long)whole.device, (unsigned long long)whole.inode);
	return 0;
}

/* Empty as long as it is a copy of the runtime, which has not begun the guest's program. */
static void read_exe(char *exe)
{
	struct process_stat stat;
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", guest.pid);
	length = process_stat(guest.pid, &stat) == 0 && stat.has_begun ? readlink(path, exe, PATH_MAX - 1) : 0;
	exe[length < 0 ? 0 : length] = '\0';
}

/* The kernel writes 16 digits. */
static void read_mask(const char *name, char *mask)
{
	char path[64], line[256];
	size_t length = strlen(name);
	FILE *lines;

	strcpy(mask, "-");
	snprintf(path, sizeof(path), "/proc/%d/status", guest.pid);
	lines = fopen(path, "re");
	while (lines && fgets(line, sizeof(line), lines))
		if (strncmp(line, name, length) == 0 && strncmp(line + length, ":\t", 2) == 0)
			snprintf(mask, MASK_BYTES, "%.16s", line + length + 2);
	if (lines)
		fclose(lines);
}

/* In sigtimedwait the kernel takes what is waited for out of the blocked ones. */
static void read_waited(char *mask)
{
	strcpy(mask, "-");
	for (int i = 0; i < TRIES; i++)
		if (read_wait_once(mask))
			return;
	strcpy(mask, "-");
}

/* False: it has gone on meanwhile, what was read may be anything. */
static bool read_wait_once(char *mask)
{
	char before[256], after[256], path[64];
	unsigned long number, address;
	uint64_t set = 0;
	ssize_t got;

	strcpy(mask, "-");
	if (process_line(guest.pid, "syscall", before, sizeof(before)) < 0 ||
	    sscanf(before, "%lu 0x%lx", &number, &address) != 2 || number != SYS_rt_sigtimedwait)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/mem", guest.pid);
	autofd int memory = open(path, O_RDONLY | O_CLOEXEC);

	got = memory < 0 ? -1 : pread(memory, &set, SET_BYTES, (off_t)address);
	if (process_line(guest.pid, "syscall", after, sizeof(after)) < 0 || strcmp(before, after) != 0)
		return false;
	if (got == SET_BYTES)
		snprintf(mask, MASK_BYTES, "%016llx", (unsigned long long)set);
	return true;
}

/* Looked at only: to open it would be heard. */
static bool has_initctl(void)
{
	return guest_identify(&guest) && (is_fifo("run/initctl") || is_fifo("dev/initctl"));
}

static bool is_fifo(const char *path)
{
	autofd int fd = path_open(&guest, path);
	struct stat found;

	return fd >= 0 && fstat(fd, &found) == 0 && S_ISFIFO(found.st_mode);
}
