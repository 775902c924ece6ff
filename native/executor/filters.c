/* What system calls a guest's init may not make: the kernel tells it of a process that stands still, to whoever traces it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "entry.h"

enum { PATIENCE_MS = 1000, EVENT = 16 };

static int await_stop(pid_t pid);
static int copy_all(pid_t pid, struct bonds *bonds, int file);

int filters_read(pid_t pid, struct bonds *bonds, int file)
{
	int error, status;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		return -errno;
	status = await_stop(pid);
	if (status < 0)
		return status;
	error = copy_all(pid, bonds, file);
	/* A signal that it was about to get, it gets. */
	status = status >> EVENT ? 0 : WSTOPSIG(status);
	return ptrace(PTRACE_DETACH, pid, 0, status) < 0 ? -errno : error;
}

/* Who waits for the kernel itself does not stop; it is let go when this process ends. */
static int await_stop(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t until = now_ms() + PATIENCE_MS;
	int status;

	while (now_ms() < until) {
		pid_t seen = waitpid(pid, &status, __WALL | WNOHANG);

		if (seen == pid)
			return WIFSTOPPED(status) ? status : -ESRCH;
		if (seen < 0 && errno != EINTR)
			return -errno;
		(void)nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static int copy_all(pid_t pid, struct bonds *bonds, int file)
{
	static struct sock_filter steps[FILTER_STEPS_MAX];

	for (bonds->filters = 0; bonds->filters < FILTERS_MAX; bonds->filters++) {
		void *which = (void *)(uintptr_t)bonds->filters;
		long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, which, NULL);
		ssize_t size;

		if (count < 0 && errno == ENOENT)
			return 0;
		if (count < 0 || count > FILTER_STEPS_MAX ||
		    ptrace(PTRACE_SECCOMP_GET_FILTER, pid, which, steps) != count)
			return count < 0 ? -errno : -E2BIG;
		size = (ssize_t)((size_t)count * sizeof(*steps));
		if (write(file, steps, (size_t)size) != size)
			return -EIO;
		bonds->steps[bonds->filters] = (unsigned short)count;
	}
	return -E2BIG;
}
