#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

static void perform(const struct asking *asking, int answer, pid_t asker) __attribute__((noreturn));
static int await(const struct asking *asking, pid_t child, int answer);

int apart_ask(const struct asking *asking, pid_t *left)
{
	pid_t asker = getpid();
	int ends[2], error;

	/* The number of who is left behind is nobody else's for as long as this task lives. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*left = fork();
	if (*left == 0)
		perform(asking, ends[1], asker);
	close(ends[1]);
	error = *left < 0 ? -EAGAIN : await(asking, *left, ends[0]);
	close(ends[0]);
	return error;
}

/* What it keeps open would keep the task from being over, and the agent from its answer. */
static void perform(const struct asking *asking, int answer, pid_t asker)
{
	if (dup2(answer, STDIN_FILENO) < 0 || close_range(STDIN_FILENO + 1, ~0U, 0) < 0)
		_exit(1);
	child_begin(asker);
	asking->question(asking->of, asking->reply);
	_exit(write(STDIN_FILENO, asking->reply, asking->size) != (ssize_t)asking->size);
}

/* Waited for is only what it says: the kernel may never let it end. */
static int await(const struct asking *asking, pid_t child, int answer)
{
	struct pollfd said = { .fd = answer, .events = POLLIN };
	int ready = poll(&said, 1, asking->ms);
	ssize_t got = ready == 1 ? read(answer, asking->reply, asking->size) : -1;

	if (ready != 1) {
		(void)kill(child, SIGKILL);
		return -ETIMEDOUT;
	}
	(void)waitpid(child, NULL, WNOHANG);
	return got == (ssize_t)asking->size ? 0 : -ECHILD;
}
