/*
 * A process of its own writes, and this one watches it: a signal alone ends what waits for memory, and the kernel calls that
 * done. Memory that is limited below what is used is taken back first, and then the kernel kills until it fits.
 */
#include "limit_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroups.h"
#include "child.h"

enum { WRITE_MS = 10000, LOOK_MS = 1, END_MS = 1000, VALUE_BYTES = 64, EVENTS_BYTES = 512 };

static const char *const limit = "memory.max", *const barrier = "memory.high";

/* What is looked at while it is written, and what is written when that is given up. */
struct guard {
	long kills;
	const char *former;
};
struct writer {
	pid_t pid;
	int ended; /* its error, and then the end of the file */
};

static bool is_there(int cgroup, const char *file);
static int lower_limit(int cgroup, const char *value);
static int reclaim_by_barrier(int cgroup, const char *bytes);
static int write_in_time(int cgroup, const char *file, const char *value, const struct guard *guard);
static int begin(struct writer *writer, int cgroup, const char *file, const char *value);
static int await(const struct writer *writer, int cgroup, const struct guard *guard);
static bool has_killed(int cgroup, const struct guard *guard);
static void end(const struct writer *writer);
static void outlive_parent(void);
static int read_value(int cgroup, const char *file, char value[VALUE_BYTES]);
static unsigned long amount_of(const char *value);
static long kills_in(int cgroup);

int limit_write(int cgroup, const char *file, const char *value, struct failure *failure)
{
	int error;

	if (strcmp(file, limit) == 0)
		error = lower_limit(cgroup, value);
	else if (strcmp(file, "memory.reclaim") == 0 && !is_there(cgroup, file) && is_there(cgroup, barrier))
		error = reclaim_by_barrier(cgroup, value);
	else if (strncmp(file, "memory.", strlen("memory.")) == 0)
		error = write_in_time(cgroup, file, value, NULL);
	else
		error = cgroup_write(cgroup, file, value);
	return error < 0 ? fail(failure, -error, error == -ECANCELED ? "kill" : "limit", file) : 0;
}

static bool is_there(int cgroup, const char *file)
{
	return faccessat(cgroup, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* One that is raised makes nobody wait, whoever is killed meanwhile. */
static int lower_limit(int cgroup, const char *value)
{
	char former[VALUE_BYTES];
	struct guard guard = { kills_in(cgroup), former };
	int error = read_value(cgroup, limit, former);

	if (error < 0 || guard.kills < 0 || amount_of(value) >= amount_of(former))
		return write_in_time(cgroup, limit, value, NULL);
	outlive_parent();
	error = write_in_time(cgroup, limit, value, &guard);
	die_with_parent();
	return error;
}

/* Before Linux 5.19: what is above the barrier is taken back from whoever lowers it. */
static int reclaim_by_barrier(int cgroup, const char *bytes)
{
	char former[VALUE_BYTES], held[VALUE_BYTES], lower[VALUE_BYTES];
	unsigned long before, after, wanted = amount_of(bytes), target;
	int error = read_value(cgroup, barrier, former), restored;

	if (error == 0)
		error = read_value(cgroup, "memory.current", held);
	if (error < 0)
		return error;
	before = amount_of(held);
	target = before > wanted ? before - wanted : 0;
	snprintf(lower, sizeof(lower), "%lu", target < amount_of(former) ? target : amount_of(former));
	outlive_parent();
	error = write_in_time(cgroup, barrier, lower, NULL);
	restored = write_in_time(cgroup, barrier, former, NULL);
	die_with_parent();
	if (error < 0 && error != -ETIMEDOUT)
		return error;
	if (restored < 0)
		return restored;
	error = read_value(cgroup, "memory.current", held);
	after = amount_of(held);
	return error < 0 ? error : after <= before && before - after >= wanted / 2 ? 0 : -EAGAIN;
}

/* ECANCELED: somebody was killed. Who writes may have been at its beginning when that was given up: it ends before the last word. */
static int write_in_time(int cgroup, const char *file, const char *value, const struct guard *guard)
{
	struct writer writer;
	int error = begin(&writer, cgroup, file, value);

	if (error < 0)
		return error;
	error = await(&writer, cgroup, guard);
	(void)kill(writer.pid, SIGKILL);
	if (guard && (error == -ECANCELED || error == -ETIMEDOUT)) {
		(void)cgroup_write(cgroup, file, guard->former);
		end(&writer);
		(void)cgroup_write(cgroup, file, guard->former);
	} else {
		end(&writer);
	}
	return error;
}

static int begin(struct writer *writer, int cgroup, const char *file, const char *value)
{
	pid_t parent = getpid();
	int ends[2];

	/* Its number is nobody else's before it was waited for. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || pipe2(ends, O_CLOEXEC) < 0)
		return -EMFILE;
	writer->ended = ends[0];
	writer->pid = fork();
	if (writer->pid == 0) {
		int error;

		child_begin(parent);
		error = cgroup_write(cgroup, file, value);
		_exit(write(ends[1], &error, sizeof(error)) != sizeof(error));
	}
	close(ends[1]);
	if (writer->pid > 0)
		return 0;
	close(ends[0]);
	return -EAGAIN;
}

static int await(const struct writer *writer, int cgroup, const struct guard *guard)
{
	uint64_t until = now_ms() + WRITE_MS;
	struct pollfd ended = { .fd = writer->ended, .events = POLLIN };
	int error;

	while (poll(&ended, 1, guard ? LOOK_MS : WRITE_MS) != 1) {
		if (has_killed(cgroup, guard))
			return -ECANCELED;
		if (now_ms() >= until)
			return -ETIMEDOUT;
	}
	if (read(writer->ended, &error, sizeof(error)) != sizeof(error))
		return -EPIPE;
	return error == 0 && has_killed(cgroup, guard) ? -ECANCELED : error;
}

static bool has_killed(int cgroup, const struct guard *guard)
{
	return guard && kills_in(cgroup) > guard->kills;
}

/* One that cannot end now is left to the kernel. */
static void end(const struct writer *writer)
{
	struct pollfd ended = { .fd = writer->ended };

	if (poll(&ended, 1, END_MS) == 1)
		(void)waitpid(writer->pid, NULL, 0);
	close(writer->ended);
}

/* Who has changed what is to be as it was does that first. */
static void outlive_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, 0);
}

static int read_value(int cgroup, const char *file, char value[VALUE_BYTES])
{
	ssize_t length = cgroup_read(cgroup, file, value, VALUE_BYTES);

	if (length < 0)
		return (int)length;
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

static unsigned long amount_of(const char *value)
{
	unsigned long amount;

	return parse_unsigned(value, ULONG_MAX, &amount) ? amount : ULONG_MAX;
}

/* -1: this kernel does not say. */
static long kills_in(int cgroup)
{
	static const char name[] = "\noom_kill ";
	char events[EVENTS_BYTES];
	const char *line = cgroup_read(cgroup, "memory.events", events, sizeof(events)) > 0 ? strstr(events, name) : NULL;
	unsigned long kills;
	char number[VALUE_BYTES];

	if (!line)
		return -1;
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(line + strlen(name), "\n"), line + strlen(name));
	return parse_unsigned(number, LONG_MAX, &kills) ? (long)kills : -1;
}
