#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "executor.h"

/* Each has a process that waits, until its file system answers or goes. */
enum { SILENT_MAX = 64 };

struct silent {
	atomic_uint count;
	_Atomic uint64_t diskseq[SILENT_MAX];
};

static struct silent *silent;

static bool is_silent(uint64_t diskseq);
static void perform(int answer, pid_t asker, question_fn *question, const void *of, void *reply, size_t size)
	__attribute__((noreturn));
static int await(pid_t child, int answer, int ms, void *reply, size_t size);

void apart_open(void)
{
	silent = mmap(NULL, sizeof(*silent), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (silent == MAP_FAILED)
		silent = NULL;
}

int apart_ask(uint64_t diskseq, int ms, question_fn *question, const void *of, void *reply, size_t size)
{
	pid_t asker = getpid(), child;
	int ends[2], error;
	unsigned int place;

	if (is_silent(diskseq))
		return -EBUSY;
	/* Its number is nobody else's until it was waited for. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		perform(ends[1], asker, question, of, reply, size);
	close(ends[1]);
	error = child < 0 ? -EAGAIN : await(child, ends[0], ms, reply, size);
	close(ends[0]);
	if (error == -ETIMEDOUT && (place = atomic_fetch_add(&silent->count, 1)) < SILENT_MAX)
		atomic_store(&silent->diskseq[place], diskseq);
	return error;
}

/* A disk's number of use is never another one's. */
static bool is_silent(uint64_t diskseq)
{
	if (!silent || atomic_load(&silent->count) >= SILENT_MAX)
		return true;
	for (int i = 0; i < SILENT_MAX; i++)
		if (atomic_load(&silent->diskseq[i]) == diskseq)
			return true;
	return false;
}

/* What it keeps open would keep the task from being over, and the agent from its answer. */
static void perform(int answer, pid_t asker, question_fn *question, const void *of, void *reply, size_t size)
{
	if (dup2(answer, STDIN_FILENO) < 0 || close_range(STDIN_FILENO + 1, ~0U, 0) < 0)
		_exit(1);
	child_begin(asker);
	question(of, reply);
	_exit(write(STDIN_FILENO, reply, size) != (ssize_t)size);
}

/* Waited for is only what it says: the kernel may never let it end. */
static int await(pid_t child, int answer, int ms, void *reply, size_t size)
{
	struct pollfd said = { .fd = answer, .events = POLLIN };
	int ready = poll(&said, 1, ms);
	ssize_t got = ready == 1 ? read(answer, reply, size) : -1;

	if (ready != 1)
		(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, WNOHANG);
	if (ready != 1)
		return -ETIMEDOUT;
	return got == (ssize_t)size ? 0 : -ECHILD;
}
