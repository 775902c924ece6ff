/*
 * The verb `limit-data`: how much memory of its own each process of a guest may have. Beyond that it is refused, and nobody is
 * killed. There is no such limit of a cgroup: every process has one, and hands it on to its children.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "data_limit.h"
#include "limited.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, PATIENCE_MS = 1000, PAUSE_MS = 20, CLEAN_SCANS = 2, FORMERS_MAX = 8 };
/* Of the request. */
enum { BYTES = 4, OWN_SOFT, OWN_HARD, FORMERS };

static struct guest guest;
static rlim_t most;
/* What init had before anything was limited, and what was ever written since: who has that had its parent's. */
static struct rlimit own;
static rlim_t formers[FORMERS_MAX];
static int former_count;

struct scan {
	uint64_t until;
	int found, changed, error;
	bool is_late;
	pid_t refused;
};

static bool read_words(const struct request *request);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int scan_once(struct scan *scan, struct failure *failure);
static bool look_at(pid_t pid, void *context);
static struct rlimit meant(const struct rlimit *now);
static rlim_t meant_of(rlim_t now, rlim_t at_first);
static void pause_shortly(void);

int verb_limit_data(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "limit-data", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest) || !read_words(request))
		return malformed(request, failure);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

static bool read_words(const struct request *request)
{
	own = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	former_count = 0;
	if (!data_limit_read(request->word[BYTES], &most))
		return false;
	if (request->words <= OWN_SOFT)
		return true;
	if (request->words <= OWN_HARD || !data_limit_read(request->word[OWN_SOFT], &own.rlim_cur) ||
	    !data_limit_read(request->word[OWN_HARD], &own.rlim_max) || own.rlim_cur > own.rlim_max)
		return false;
	for (int at = FORMERS; at < request->words; at++)
		if (!data_limit_read(request->word[at], &formers[former_count++]))
			return false;
	return true;
}

/* Who was being born in one scan, with what its parent had before, is seen by the next. */
static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct scan scan = { .until = now_ms() + PATIENCE_MS };
	int clean = 0;

	if (data_limit_open(&guest, failure) < 0)
		return -1;
	while (clean < CLEAN_SCANS) {
		if (scan_once(&scan, failure) < 0)
			return -1;
		if (scan.is_late)
			return fail(failure, EAGAIN, "limit-data", request->word[1]);
		clean = scan.changed == 0 ? clean + 1 : 0;
		if (clean > 0)
			pause_shortly();
	}
	answer_ok(answer, "%d", scan.found);
	return 0;
}

static int scan_once(struct scan *scan, struct failure *failure)
{
	char refused[32];

	scan->found = scan->changed = 0;
	if (data_limit_scan(&guest, look_at, scan, &scan->found, failure) < 0)
		return -1;
	snprintf(refused, sizeof(refused), "%d", scan->refused);
	return scan->error < 0 ? fail(failure, -scan->error, "prlimit", refused) : 0;
}

/* A process that has ended meanwhile needs no limit. */
static bool look_at(pid_t pid, void *context)
{
	struct scan *scan = context;
	struct rlimit now = { 0 }, wanted;
	int error = prlimit(pid, RLIMIT_DATA, NULL, &now) < 0 ? -errno : 0;

	scan->is_late = now_ms() > scan->until;
	wanted = meant(&now);
	if (error == 0 && (now.rlim_cur != wanted.rlim_cur || now.rlim_max != wanted.rlim_max)) {
		scan->changed++;
		error = data_limit_change(&guest, pid, &wanted);
	}
	scan->found += error == 0;
	if (error < 0 && error != -ESRCH) {
		scan->error = error;
		scan->refused = pid;
	}
	return !scan->is_late && scan->error == 0;
}

/* What a process may have of its own accord it keeps where that is less. */
static struct rlimit meant(const struct rlimit *now)
{
	struct rlimit wanted = { meant_of(now->rlim_cur, own.rlim_cur), meant_of(now->rlim_max, own.rlim_max) };

	if (wanted.rlim_cur > wanted.rlim_max)
		wanted.rlim_cur = wanted.rlim_max;
	return wanted;
}

static rlim_t meant_of(rlim_t now, rlim_t at_first)
{
	for (int i = 0; i < former_count; i++)
		if (now == formers[i])
			now = at_first;
	return now < most ? now : most;
}

static void pause_shortly(void)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

	(void)nanosleep(&pause, NULL);
}
