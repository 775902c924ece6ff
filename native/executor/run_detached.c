#include "run_detached.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroups.h"
#include "child.h"
#include "memberships.h"

enum { PATIENCE_MS = 60000, NOT_BEGUN = 127, LINE_BYTES = 400 };

static char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", NULL };

static void begin(const char *const *words, int says) __attribute__((noreturn));
static membership_fn leave;
static bool await_end(pid_t child, int *status);
static void first_line(int says, char *line, size_t size);

int run_detached(const char *const *words, struct failure *failure)
{
	/* No pipe: it is to write whether anybody still reads or not. */
	autofd int says = memfd_create("hostler-says", MFD_CLOEXEC);
	char line[LINE_BYTES];
	int status = 0;
	pid_t child;

	if (says < 0 || fcntl(says, F_SETFL, O_APPEND) < 0)
		return fail(failure, errno, "memfd", words[0]);
	(void)signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (child == 0)
		begin(words, says);
	if (child < 0)
		return fail(failure, errno, "fork", words[0]);
	if (!await_end(child, &status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_BEGUN)
		return fail(failure, ENOENT, "execve", words[0]);
	first_line(says, line, sizeof(line));
	return fail(failure, EREMOTEIO, words[0], line);
}

static void begin(const char *const *words, int says)
{
	int nothing = open("/dev/null", O_RDONLY);

	/* Where it may not, it stays. */
	(void)memberships_each(getpid(), leave, NULL);
	forget_signals();
	umask(022);
	if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(says, 1) < 0 || dup2(says, 2) < 0 || close_range(3, ~0U, 0) < 0 ||
	    setsid() < 0 || chdir("/") < 0)
		_exit(NOT_BEGUN);
	environ = environment;
	execvp(words[0], (char *const *)words);
	_exit(NOT_BEGUN);
}

static int leave(const struct hierarchy *hierarchy, const char *path, void *context)
{
	autofd int root = strcmp(path, "/") == 0 ? -1 : cgroup_open_in(hierarchy, "/");

	(void)context;
	if (root >= 0)
		(void)cgroup_write(root, "cgroup.procs", "0");
	return 0;
}

/* False: it goes on. */
static bool await_end(pid_t child, int *status)
{
	autofd int process = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd ended = { .fd = process, .events = POLLIN };
	uint64_t now = now_ms(), until = now + PATIENCE_MS;

	while (process >= 0 && now < until && poll(&ended, 1, (int)(until - now)) <= 0)
		now = now_ms();
	return waitpid(child, status, WNOHANG) == child;
}

static void first_line(int says, char *line, size_t size)
{
	ssize_t got = pread(says, line, size - 1, 0);

	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}
