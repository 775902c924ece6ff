/*
 * The verbs `data-held` and `share-data`: how much memory of their own the processes of a guest have together, and that they are
 * refused more when that is used up. There is no such limit of a guest: each process may have what it has and all that is left.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data_limit.h"
#include "limited.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, PATIENCE_MS = 1000, PIDS = (1 << 22) + 1, BYTES = 4 };

static struct guest guest;
static rlim_t most;

struct look {
	uint64_t until;
	int count;
	uint64_t sum, largest;
	/* What is left to each. */
	rlim_t left;
	/* By number: one more than a process had at first. Below nought: it has what it is to have. */
	int64_t *known;
	int fresh, error;
	bool is_late;
	pid_t refused;
};

static int measure(const struct request *request, struct answer *answer, struct failure *failure);
static int share(const struct request *request, struct answer *answer, struct failure *failure);
static int count_all(struct look *look, struct failure *failure);
static bool count_one(pid_t pid, void *context);
static int share_once(struct look *look, struct failure *failure);
static bool share_one(pid_t pid, void *context);
static int give(pid_t pid, uint64_t held, rlim_t left);
static uint64_t data_of(pid_t pid);

int verb_data_held(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "data-held", measure, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest))
		return malformed(request, failure);
	return task_begin(&kind, guest.cgroup, request, failure);
}

int verb_share_data(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "share-data", share, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest) || !data_limit_read(request->word[BYTES], &most))
		return malformed(request, failure);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

static int measure(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct look look = { .until = now_ms() + PATIENCE_MS };

	(void)request;
	if (data_limit_open(&guest, failure) < 0 || count_all(&look, failure) < 0)
		return -1;
	answer_ok(answer, "%d %lu %lu", look.count, look.sum, look.largest);
	return 0;
}

/* Who is born meanwhile of one that has its share has that too; of one that had not yet, it is found by the next look. */
static int share(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct look look = { .until = now_ms() + PATIENCE_MS, .known = calloc(PIDS, sizeof(*look.known)) };

	if (!look.known)
		return fail(failure, ENOMEM, "share-data", request->word[1]);
	if (data_limit_open(&guest, failure) < 0 || count_all(&look, failure) < 0)
		return -1;
	look.left = most == RLIM_INFINITY ? most : most > look.sum ? most - look.sum : 0;
	do {
		if (share_once(&look, failure) < 0)
			return -1;
		if (look.is_late)
			return fail(failure, EAGAIN, "share-data", request->word[1]);
	} while (look.fresh > 0);
	answer_ok(answer, "%d %lu %lu", look.count, look.sum, look.largest);
	return 0;
}

static int count_all(struct look *look, struct failure *failure)
{
	if (data_limit_scan(&guest, count_one, look, &look->count, failure) < 0)
		return -1;
	return now_ms() > look->until ? fail(failure, EAGAIN, "data-held", guest.cgroup) : 0;
}

/* The first of a scan: one that begins anew counts from nothing. */
static bool count_one(pid_t pid, void *context)
{
	struct look *look = context;
	uint64_t held = data_of(pid);

	if (look->count++ == 0)
		look->sum = look->largest = 0;
	look->sum += held;
	look->largest = held > look->largest ? held : look->largest;
	if (look->known)
		look->known[pid] = (int64_t)held + 1;
	return now_ms() <= look->until;
}

static int share_once(struct look *look, struct failure *failure)
{
	char refused[32];
	int seen = 0;

	look->fresh = 0;
	if (data_limit_scan(&guest, share_one, look, &seen, failure) < 0)
		return -1;
	snprintf(refused, sizeof(refused), "%d", look->refused);
	return look->error < 0 ? fail(failure, -look->error, "prlimit", refused) : 0;
}

static bool share_one(pid_t pid, void *context)
{
	struct look *look = context;
	int64_t *known = &look->known[pid];
	int error = 0;

	look->is_late = now_ms() > look->until;
	if (*known >= 0) {
		look->fresh++;
		error = give(pid, *known > 0 ? (uint64_t)*known - 1 : data_of(pid), look->left);
		*known = -1;
	}
	if (error < 0 && error != -ESRCH) {
		look->error = error;
		look->refused = pid;
	}
	return !look->is_late && look->error == 0;
}

/* No more than its hard limit, which is the guest's, or less of its own accord. */
static int give(pid_t pid, uint64_t held, rlim_t left)
{
	struct rlimit now, wanted;

	if (prlimit(pid, RLIMIT_DATA, NULL, &now) < 0)
		return -errno;
	wanted.rlim_max = now.rlim_max;
	wanted.rlim_cur = left > now.rlim_max || held > now.rlim_max - left ? now.rlim_max : held + left;
	return wanted.rlim_cur == now.rlim_cur ? 0 : data_limit_change(&guest, pid, &wanted);
}

/* What RLIMIT_DATA is held against, bytes; of who has ended, nothing. */
static uint64_t data_of(pid_t pid)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status) && sscanf(line, "VmData: %lu kB", &kib) != 1)
		;
	if (status)
		fclose(status);
	return kib * 1024;
}
