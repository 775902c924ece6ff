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
#include "memory_events.h"

enum {
	WRITE_MS = 10000,
	LOOK_MS = 1,
	OUT_MS = 50,
	BEGINNING_MS = 5000,
	GIVING_BACK_MS = 500,
	END_MS = 1000,
	VALUE_BYTES = 64
};

static const char limit[] = "memory.max", barrier[] = "memory.high", reclaim[] = "memory.reclaim";

/* What is looked at while it is written, and what is written when that is given up; NULL: what was written stays. */
struct guard {
	const struct memory_events *events;
	const char *former;
};
struct writer {
	pid_t pid;
	int ended; /* its error, and then the end of the file */
};

static int write_file(int cgroup, const char *file, const char *value);
static bool may_wait(const char *file);
static bool is_there(int cgroup, const char *file);
static int failed(int error, const char *file, struct failure *failure);
static int lower_by_force(int cgroup, const char *value);
static void await_room(int cgroup, unsigned long wanted, uint64_t until);
static int lower_limit(int cgroup, const char *value);
static int reclaim_by_barrier(int cgroup, const char *bytes);
static int write_in_time(int cgroup, const char *file, const char *value, const struct guard *guard);
static int begin(struct writer *writer, int cgroup, const char *file, const char *value);
static int await(const struct writer *writer, const struct guard *guard);
static int look_again_ms(const struct memory_events *events, uint64_t *out_until);
static void end(const struct writer *writer);
static void outlive_parent(void);
static int read_value(int cgroup, const char *file, char value[VALUE_BYTES]);
static unsigned long amount_of(const char *value);

int limit_write(int cgroup, const char *file, const char *value, struct failure *failure)
{
	if (strcmp(file, limit) == 0)
		return failed(lower_limit(cgroup, value), file, failure);
	if (strcmp(file, reclaim) == 0 && !is_there(cgroup, file) && is_there(cgroup, barrier))
		return failed(reclaim_by_barrier(cgroup, value), file, failure);
	return limit_write_by_force(cgroup, file, value, failure);
}

int limit_write_by_force(int cgroup, const char *file, const char *value, struct failure *failure)
{
	bool is_limit = strcmp(file, limit) == 0;

	return failed(is_limit ? lower_by_force(cgroup, value) : write_file(cgroup, file, value), file, failure);
}

/* One after the other: the kernel goes on to the next while who was killed is still giving back. */
static int lower_by_force(int cgroup, const char *value)
{
	uint64_t until = now_ms() + WRITE_MS;
	int error;

	do {
		struct memory_events events = memory_events_open(cgroup);
		struct guard guard = { &events, NULL };

		error = write_in_time(cgroup, limit, value, &guard);
		memory_events_close(&events);
		if (error == -ECANCELED)
			await_room(cgroup, amount_of(value), until);
	} while (error == -ECANCELED && now_ms() < until);
	return error == -ECANCELED ? -ETIMEDOUT : error;
}

/* Until it fits, or nothing more is given back. Who was killed begins with that when it has its turn. */
static void await_room(int cgroup, unsigned long wanted, uint64_t until)
{
	uint64_t patience = now_ms() + BEGINNING_MS;
	unsigned long least = 0, now;
	char held[VALUE_BYTES];

	while (now_ms() < patience && now_ms() < until && read_value(cgroup, "memory.current", held) == 0) {
		now = amount_of(held);
		if (now <= wanted)
			return;
		if (now < least)
			patience = now_ms() + GIVING_BACK_MS;
		least = least == 0 || now < least ? now : least;
		(void)poll(NULL, 0, LOOK_MS);
	}
}

static int write_file(int cgroup, const char *file, const char *value)
{
	return may_wait(file) ? write_in_time(cgroup, file, value, NULL) : cgroup_write(cgroup, file, value);
}

/* Those in whose write the kernel takes memory back. */
static bool may_wait(const char *file)
{
	static const char *const files[] = { limit, barrier, reclaim, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(file, files[i]) == 0)
			return true;
	return false;
}

static int failed(int error, const char *file, struct failure *failure)
{
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
	struct memory_events events;
	struct guard guard = { &events, former };
	int error = read_value(cgroup, limit, former);

	if (error < 0 || amount_of(value) >= amount_of(former))
		return write_in_time(cgroup, limit, value, NULL);
	events = memory_events_open(cgroup);
	outlive_parent();
	error = write_in_time(cgroup, limit, value, &guard);
	die_with_parent();
	memory_events_close(&events);
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
	error = await(&writer, guard);
	(void)kill(writer.pid, SIGKILL);
	if (guard && guard->former && (error == -ECANCELED || error == -ETIMEDOUT)) {
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

static int await(const struct writer *writer, const struct guard *guard)
{
	uint64_t until = now_ms() + WRITE_MS, out_until = 0;
	struct pollfd heard[] = { { .fd = writer->ended, .events = POLLIN }, { .fd = guard ? guard->events->file : -1, .events = POLLPRI } };
	int error;

	while (poll(heard, 2, guard ? look_again_ms(guard->events, &out_until) : WRITE_MS) < 0 || !heard[0].revents) {
		if (guard && memory_has_killed(guard->events))
			return -ECANCELED;
		if (now_ms() >= until)
			return -ETIMEDOUT;
	}
	if (read(writer->ended, &error, sizeof(error)) != sizeof(error))
		return -EPIPE;
	return error == 0 && guard && memory_has_killed(guard->events) ? -ECANCELED : error;
}

/*
 * Where it is out of memory somebody is killed in a moment, and the next one as soon as the kernel has done with that one: who
 * writes has to be ended between.
 */
static int look_again_ms(const struct memory_events *events, uint64_t *out_until)
{
	if (*out_until == 0 && memory_has_run_out(events))
		*out_until = now_ms() + OUT_MS;
	return now_ms() < *out_until ? 0 : LOOK_MS;
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
