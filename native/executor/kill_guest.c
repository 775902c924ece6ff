/* The verb `kill-guest`: the last step of a stop. It takes its time, never more than that. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kill_whole.h"
#include "limited.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, PATIENCE_MS = 2000, ID = 4 };

static struct guest guest;

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int kill_init(const struct whole *whole, struct failure *failure);

int verb_kill_guest(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "kill-guest", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest))
		return malformed(request, failure);
	if (!is_guests_cgroup(guest.cgroup, guest.cgroup))
		return fail(failure, EPERM, "cgroup", guest.cgroup);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

/* When init is gone nobody else is in its PID namespace; who had joined only others may still be in its cgroup. */
static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct whole whole;
	int left;

	if (strcmp(request->word[ID], "-") == 0) {
		if (whole_of(&guest, NULL, &whole, failure) < 0)
			return -1;
	} else if (whole_find(guest.cgroup, request->word[ID], &whole) < 0) {
		answer_ok(answer, "0");
		return 0;
	}
	if (whole_has(&whole, getpid()) || whole_has(&whole, 1))
		return fail(failure, EPERM, "cgroup", guest.cgroup);
	if (kill_init(&whole, failure) < 0)
		return -1;
	left = whole_kill(&whole, PATIENCE_MS);
	answer_ok(answer, "%d", left);
	return 0;
}

static int kill_init(const struct whole *whole, struct failure *failure)
{
	if (limited_open_quickly(&guest, failure) < 0)
		return 0;
	if (!whole_has(whole, guest.pid))
		return fail(failure, EPERM, "cgroup", guest.cgroup);
	if (syscall(SYS_pidfd_send_signal, guest.pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return fail(failure, errno, "pidfd_send_signal", "init");
	return 0;
}
