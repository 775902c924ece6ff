#include "child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 };

static pid_t parent_pid;

void child_begin(pid_t parent)
{
	parent_pid = parent;
	die_with_parent();
}

void die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent_pid)
		_exit(ECHILD);
}

void forget_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	if (sigemptyset(&none) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		_exit(1);
}

/* A frozen cgroup freezes whoever is born in it, but lets it be killed. Nothing of ours is left there in any case. */
int child_await(pid_t child, int process)
{
	struct pollfd ended = { .fd = process, .events = POLLIN };
	int status, ready;

	do
		ready = poll(&ended, 1, PATIENCE_MS);
	while (ready < 0 && errno == EINTR);
	if (ready != 1 && kill(child, SIGKILL) < 0)
		return -errno;
	if (waitpid(child, &status, 0) != child)
		return -errno;
	if (ready != 1)
		return -ETIMEDOUT;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}
