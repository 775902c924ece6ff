/* The verb `terminate`: asks everybody in a guest but its init to end. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limited.h"
#include "task.h"
#include "verbs.h"
#include "whole.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, PATIENCE_MS = 1000, PIDS = (1 << 22) + 1 };

static struct guest guest;

struct search {
	const struct whole *whole;
	uint64_t until;
	int told, fresh;
	bool is_told[PIDS];
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static bool tell_one(pid_t pid, void *context);

int verb_terminate(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "terminate", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest))
		return malformed(request, failure);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

/* Once each. Who is born of one that was not told yet is found by the next look; a guest that goes on giving birth is let be. */
static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct search search;
	struct whole whole;

	(void)request;
	if (whole_of(&guest, NULL, &whole, failure) < 0)
		return -1;
	search.whole = &whole;
	search.until = now_ms() + PATIENCE_MS;
	do {
		search.fresh = 0;
		(void)whole_scan(&whole, tell_one, &search);
	} while (search.fresh > 0 && now_ms() < search.until);
	answer_ok(answer, "%d", search.told);
	return 0;
}

static bool tell_one(pid_t pid, void *context)
{
	struct search *search = context;

	if (pid == guest.pid || search->is_told[pid])
		return true;
	autofd int process = whole_open_process(search->whole, pid);

	if (process >= 0 && syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0) == 0) {
		search->is_told[pid] = true;
		search->told++;
		search->fresh++;
	}
	return now_ms() < search->until;
}
