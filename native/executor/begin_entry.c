#include "begin_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

enum { PARKED = 64, SELF = ENTRY_FIRST_FREE, BEGUN_WITH };
enum { READ, WRITE };

static bool open_pipes(struct entry_pipes *pipes);
static int copy_of_self(void);
static bool fill(int copy);
static void run(const struct entry *entry, const int *descriptor) __attribute__((noreturn));
static void arrange(const int *descriptor);
static void give_up(const char *call) __attribute__((noreturn));

int begin_entry(const struct entry *entry, struct entry_pipes *pipes, struct failure *failure)
{
	autofd int self = copy_of_self();
	pid_t parent = getpid(), child;

	if (self < 0 || !open_pipes(pipes))
		return fail(failure, errno, "worker", "run-inside");
	child = fork();
	if (child == 0) {
		const int descriptor[BEGUN_WITH] = { pipes->input[READ],   pipes->output[WRITE],  pipes->output[WRITE],
						     pipes->report[WRITE], entry->guest->pidfd,	  entry->guest->root,
						     entry->bonds,	   self };

		child_begin(parent);
		run(entry, descriptor);
	}
	close_fd(&pipes->input[READ]);
	close_fd(&pipes->input[WRITE]);
	close_fd(&pipes->output[WRITE]);
	close_fd(&pipes->report[WRITE]);
	return child < 0 ? fail(failure, errno, "worker", "run-inside") : child;
}

/* Whoever is another user inside may open its output by its name in /proc, as programs do. */
static bool open_pipes(struct entry_pipes *pipes)
{
	return pipe2(pipes->input, O_CLOEXEC) == 0 && pipe2(pipes->output, O_CLOEXEC) == 0 &&
	       pipe2(pipes->report, O_CLOEXEC) == 0 && fchmod(pipes->output[WRITE], 0666) == 0;
}

/* A guest that gets hold of what it runs from has a copy that nobody can change. Older kernels do not know what may be executed. */
static int copy_of_self(void)
{
	int copy = memfd_create("hostler-enter", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (copy < 0 && errno == EINVAL)
		copy = memfd_create("hostler-enter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy >= 0 && fill(copy) &&
	    fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return copy;
	close_fd(&copy);
	return -1;
}

static bool fill(int copy)
{
	autofd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat file;
	off_t at = 0;

	if (self < 0 || fstat(self, &file) < 0)
		return false;
	while (at < file.st_size)
		if (sendfile(copy, self, &at, (size_t)(file.st_size - at)) <= 0)
			return false;
	return true;
}

static void run(const struct entry *entry, const int *descriptor)
{
	static char *words[WORDS_MAX + 3] = { "hostler-executor", "--enter" };
	static char *nothing[] = { NULL };
	int error = run_cgroup_join(entry->cgroup, entry->guest);

	for (int i = 0; i < entry->words; i++)
		words[i + 2] = entry->word[i];
	arrange(descriptor);
	errno = -error;
	if (error < 0)
		give_up("cgroup");
	forget_signals();
	(void)syscall(SYS_execveat, SELF, "", words, nothing, AT_EMPTY_PATH);
	give_up("execveat");
}

/* Parked above the range first, so that no target is overwritten before it is copied. */
static void arrange(const int *descriptor)
{
	int high[BEGUN_WITH];

	for (int i = 0; i < BEGUN_WITH; i++)
		if ((high[i] = fcntl(descriptor[i], F_DUPFD_CLOEXEC, PARKED)) < 0)
			_exit(1);
	for (int i = 0; i < BEGUN_WITH; i++)
		if (dup3(high[i], i, i == SELF ? O_CLOEXEC : 0) < 0 && errno != EINVAL)
			_exit(1);
	if (close_range(BEGUN_WITH, ~0U, 0) < 0)
		_exit(1);
}

static void give_up(const char *call)
{
	struct report report = { .error = errno };

	snprintf(report.call, sizeof(report.call), "%s", call);
	(void)!write(ENTRY_REPORT, &report, sizeof(report));
	_exit(1);
}
