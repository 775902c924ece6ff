/*
 * The verb `probe-refill`: whether this kernel fills a quota of CPU time up when it is written with the value that it has. Nobody
 * promises that; it is tried on a process of our own, in a cgroup of our own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cgroups.h"
#include "child.h"
#include "task.h"
#include "verbs.h"

/* The period is longer than all of it, so that what is used after the second write is of that. */
enum { PERIOD_US = 1000000, LEAST_QUOTA_US = 10000, TASK_SECONDS = 5, TASKS_MAX = 1 };
enum { FIRST_MS = 150, SECOND_MS = 100, LOOK_MS = 5, STILL_LOOKS = 3, REMOVE_MS = 100, NAME_BYTES = 64 };

struct scratch {
	int root, cgroup;
	bool is_v1;
	unsigned long quota_us;
	char name[NAME_BYTES];
};

static const char prefix[] = "hostler-probe-";

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int make(struct scratch *scratch);
static void remove_left(int root);
static int limit(const struct scratch *scratch);
static int write_quota(const struct scratch *scratch);
static int try_on(const struct scratch *scratch, unsigned long *used_us);
static void spin(int cgroup) __attribute__((noreturn));
static bool uses_up(const struct scratch *scratch, clockid_t clock);
static unsigned long used_after(const struct scratch *scratch, clockid_t clock, unsigned long before_us);
static void end(const struct scratch *scratch, pid_t child);
static void unmake(const struct scratch *scratch);
static unsigned long used_us_of(clockid_t clock);
static unsigned long enough_us(const struct scratch *scratch);
static void rest(void);

int verb_probe_refill(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "probe-refill", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	return task_begin(&kind, "cpu", request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct scratch scratch = { .root = -1, .cgroup = -1 };
	unsigned long used_us = 0;
	int error = make(&scratch);

	(void)request;
	if (error == 0)
		error = limit(&scratch);
	if (error == 0)
		error = try_on(&scratch, &used_us);
	unmake(&scratch);
	if (error < 0)
		return fail(failure, -error, error == -ETIMEDOUT ? "probe" : "scratch", "cpu");
	answer_ok(answer, "%s %lu %lu", used_us >= enough_us(&scratch) ? "yes" : "no", used_us, scratch.quota_us);
	return 0;
}

/* Directly below the root, where neither a limit nor a process of somebody else's is in the way. */
static int make(struct scratch *scratch)
{
	const struct hierarchy *hierarchy = hierarchy_of("cpu");
	struct timespec tick;

	/* Who goes on without a quota is found at the next tick at the latest. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &tick) < 0)
		return -errno;
	scratch->quota_us = (unsigned long)tick.tv_nsec / 1000 * 3;
	if (scratch->quota_us < LEAST_QUOTA_US)
		scratch->quota_us = LEAST_QUOTA_US;
	scratch->root = cgroup_open_in(hierarchy, "/");
	if (scratch->root < 0)
		return scratch->root;
	scratch->is_v1 = hierarchy->is_v1;
	remove_left(scratch->root);
	snprintf(scratch->name, sizeof(scratch->name), "%s%d", prefix, getpid());
	if (mkdirat(scratch->root, scratch->name, 0755) < 0)
		return -errno;
	scratch->cgroup = openat(scratch->root, scratch->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return scratch->cgroup < 0 ? -errno : 0;
}

/* Of one that was killed: only an empty one can be removed, and one whose maker lives is his. */
static void remove_left(int root)
{
	DIR *folder = fdopendir(openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	unsigned long pid;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		    parse_unsigned(entry->d_name + strlen(prefix), 1 << 22, &pid) && kill((pid_t)pid, 0) < 0)
			(void)unlinkat(root, entry->d_name, AT_REMOVEDIR);
	closedir(folder);
}

/* On v2 the file is there only where the host lets cgroups below its root have the controller; that is not changed for this. */
static int limit(const struct scratch *scratch)
{
	char period[NAME_BYTES];

	snprintf(period, sizeof(period), "%d", PERIOD_US);
	/* Others that are busy delay it less; it is right without that too. */
	(void)cgroup_write(scratch->cgroup, scratch->is_v1 ? "cpu.shares" : "cpu.weight", scratch->is_v1 ? "262144" : "10000");
	if (scratch->is_v1) {
		int error = cgroup_write(scratch->cgroup, "cpu.cfs_period_us", period);

		if (error < 0)
			return error;
	}
	return write_quota(scratch);
}

static int write_quota(const struct scratch *scratch)
{
	char quota[NAME_BYTES];

	if (scratch->is_v1)
		snprintf(quota, sizeof(quota), "%lu", scratch->quota_us);
	else
		snprintf(quota, sizeof(quota), "%lu %d", scratch->quota_us, PERIOD_US);
	return cgroup_write(scratch->cgroup, scratch->is_v1 ? "cpu.cfs_quota_us" : "cpu.max", quota);
}

static int try_on(const struct scratch *scratch, unsigned long *used_us)
{
	pid_t parent = getpid(), child;
	clockid_t clock;
	int error;

	/* Its number is nobody else's before it was waited for. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		return -errno;
	child = fork();
	if (child == 0) {
		child_begin(parent);
		spin(scratch->cgroup);
	}
	if (child < 0)
		return -errno;
	error = clock_getcpuclockid(child, &clock);
	if (error == 0 && uses_up(scratch, clock)) {
		unsigned long before_us = used_us_of(clock);

		error = -write_quota(scratch);
		if (error == 0)
			*used_us = used_after(scratch, clock, before_us);
	} else if (error == 0) {
		error = ETIMEDOUT;
	}
	end(scratch, child);
	return -error;
}

static void spin(int cgroup)
{
	volatile unsigned long turns = 0;

	if (cgroup_write(cgroup, "cgroup.procs", "0") < 0)
		_exit(1);
	for (;;)
		turns++;
}

/* Nearly all of it, and then nothing for a while. */
static bool uses_up(const struct scratch *scratch, clockid_t clock)
{
	uint64_t until = now_ms() + FIRST_MS;
	unsigned long last_us = 0;
	int still = 0;

	while (still < STILL_LOOKS && now_ms() < until) {
		unsigned long now_us = used_us_of(clock);

		still = now_us == last_us && now_us >= scratch->quota_us * 85 / 100 ? still + 1 : 0;
		last_us = now_us;
		rest();
	}
	return still == STILL_LOOKS;
}

static unsigned long used_after(const struct scratch *scratch, clockid_t clock, unsigned long before_us)
{
	uint64_t until = now_ms() + SECOND_MS;
	unsigned long now_us;

	while ((now_us = used_us_of(clock)) < before_us + enough_us(scratch) && now_ms() < until)
		rest();
	return now_us < before_us ? 0 : now_us - before_us; /* before: it was killed */
}

/* What is held back ends only when it may go on. */
static void end(const struct scratch *scratch, pid_t child)
{
	(void)kill(child, SIGKILL);
	(void)cgroup_write(scratch->cgroup, scratch->is_v1 ? "cpu.cfs_quota_us" : "cpu.max", scratch->is_v1 ? "-1" : "max");
	(void)waitpid(child, NULL, 0);
}

static void unmake(const struct scratch *scratch)
{
	uint64_t until = now_ms() + REMOVE_MS;

	while (scratch->name[0] && unlinkat(scratch->root, scratch->name, AT_REMOVEDIR) < 0 && errno == EBUSY && now_ms() < until)
		rest();
}

static unsigned long used_us_of(clockid_t clock)
{
	struct timespec used = { 0 };

	(void)clock_gettime(clock, &used);
	return (unsigned long)used.tv_sec * 1000000 + (unsigned long)used.tv_nsec / 1000;
}

/* More than anybody uses until he is found to have no quota. */
static unsigned long enough_us(const struct scratch *scratch)
{
	return scratch->quota_us * 2 / 3;
}

static void rest(void)
{
	struct timespec look = { .tv_nsec = LOOK_MS * 1000000L };

	(void)nanosleep(&look, NULL);
}
