/*
 * The verbs `trace-refusals` and `untrace-refusals`: whom the kernel refused memory. It counts that nowhere; what it answers is
 * traced. A guest may be refused a million times a second: in PACE_MS a bounded number of records is read, and told of once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cgroups.h"
#include "trace_line.h"
#include "tracing.h"
#include "verbs.h"

enum { READ_BYTES = 4096, COMM_BYTES = 64, PACE_MS = 50, UNREAD_PACE_MS = 100 };
/* Of PACE_MS. */
enum { READS_MAX = 256, BYTES_MAX = 65536, THREADS_MAX = 256, CGROUPS_MAX = 32 };

/* A break that is not moved is no error to the kernel; whoever asks for it asks by mmap next. */
static const struct traced refusals[] = {
	{ "syscalls/sys_exit_mmap", "ret == -12" },
	{ "syscalls/sys_exit_mremap", "ret == -12" },
	{ "syscalls/sys_exit_mprotect", "ret == -12" },
	{ NULL, NULL },
};

struct refused {
	unsigned long count;
	pid_t thread; /* the last one */
	char cgroup[PATH_MAX];
};

static void stop(void);
static void leave(void);
static void ready(struct source *source, uint32_t events);
static void rest_over(struct timer *timer);
static void read_some(void);
static void count_one(pid_t thread);
static struct refused *of_thread(pid_t thread);
static bool find_cgroup(pid_t thread, char *cgroup, size_t size);
static struct refused *of_cgroup(const char *cgroup);
static bool say_all(void);
static void say(const struct refused *refused);
static pid_t process_of(pid_t thread, char comm[COMM_BYTES]);

static struct source trace = { -1, ready };
static struct timer rest = { .ring = rest_over };
static struct trace_lines lines;
static struct refused cgroups[CGROUPS_MAX];
static struct {
	pid_t thread;
	struct refused *of; /* NULL: nobody knows */
} threads[THREADS_MAX];
static int reads, bytes, thread_count, cgroup_count;
static unsigned long unknown, lost;
static pid_t owner; /* not of its children */

int verb_trace_refusals(const struct request *request, struct answer *answer, struct failure *failure)
{
	int error;

	(void)request;
	(void)answer;
	if (trace.fd >= 0)
		return 0;
	trace.fd = tracing_open(refusals, failure);
	if (trace.fd < 0)
		return -1;
	if (!owner && atexit(leave) == 0)
		owner = getpid();
	lines = (struct trace_lines){ 0 };
	error = loop_add(&trace, EPOLLIN);
	if (error == 0)
		return 0;
	stop();
	return fail(failure, -error, "tracefs", "trace_pipe");
}

int verb_untrace_refusals(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	(void)answer;
	(void)failure;
	if (trace.fd >= 0)
		stop();
	return 0;
}

static void stop(void)
{
	timer_set(&rest, 0);
	loop_remove(&trace);
	tracing_close(trace.fd);
	trace.fd = -1;
}

static void leave(void)
{
	if (owner == getpid() && trace.fd >= 0)
		stop();
}

/* What comes first is told at once. Who it is, is looked up at once in any case: it may end. */
static void ready(struct source *source, uint32_t events)
{
	bool is_spent;

	(void)events;
	if (!output_is_full())
		read_some();
	is_spent = output_is_full() || reads >= READS_MAX || bytes >= BYTES_MAX || thread_count == THREADS_MAX;
	if (rest.at == 0) {
		(void)say_all();
		timer_set(&rest, now_ms() + PACE_MS);
	}
	if (is_spent && loop_change(source, 0) < 0)
		stop();
}

/* What an agent that does not read cannot hear stays; the kernel writes over what nobody reads, and counts it. */
static void rest_over(struct timer *timer)
{
	if (output_is_full())
		timer_set(timer, now_ms() + UNREAD_PACE_MS);
	else if (loop_change(&trace, EPOLLIN) < 0)
		stop();
	else if (say_all())
		timer_set(timer, now_ms() + PACE_MS);
}

static void read_some(void)
{
	char text[READ_BYTES];
	ssize_t got = 1;

	while (got > 0 && reads < READS_MAX && bytes < BYTES_MAX && thread_count < THREADS_MAX) {
		const char *at = text;
		struct trace_line line;

		got = read(trace.fd, text, sizeof(text));
		while (got > 0 && trace_line_take(&lines, &at, text + got, &line)) {
			lost += line.lost;
			if (line.thread > 0)
				count_one(line.thread);
		}
		reads++;
		bytes += got > 0 ? (int)got : 0;
	}
}

static void count_one(pid_t thread)
{
	struct refused *of = of_thread(thread);

	if (!of) {
		unknown++;
		return;
	}
	of->count++;
	of->thread = thread;
}

static struct refused *of_thread(pid_t thread)
{
	static char cgroup[PATH_MAX];
	int at = 0;

	while (at < thread_count && threads[at].thread != thread)
		at++;
	if (at == THREADS_MAX)
		return NULL;
	if (at == thread_count) {
		thread_count++;
		threads[at].thread = thread;
		threads[at].of = find_cgroup(thread, cgroup, sizeof(cgroup)) ? of_cgroup(cgroup) : NULL;
	}
	return threads[at].of;
}

/* On v1 who is ending is said to be in the root cgroup; that one has no program any more. */
static bool find_cgroup(pid_t thread, char *cgroup, size_t size)
{
	char path[64], program[1];

	if (process_cgroup(thread, cgroup, size) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/exe", thread);
	return strcmp(cgroup, "/") != 0 || readlink(path, program, sizeof(program)) >= 0;
}

static struct refused *of_cgroup(const char *cgroup)
{
	int at = 0;

	while (at < cgroup_count && strcmp(cgroups[at].cgroup, cgroup) != 0)
		at++;
	if (at == CGROUPS_MAX)
		return NULL;
	if (at == cgroup_count) {
		cgroups[cgroup_count++].count = 0;
		strcpy(cgroups[at].cgroup, cgroup);
	}
	return &cgroups[at];
}

/* False: there was nothing to say. */
static bool say_all(void)
{
	bool is_any = cgroup_count > 0 || unknown > 0 || lost > 0;

	for (int i = 0; i < cgroup_count; i++)
		say(&cgroups[i]);
	if (unknown > 0)
		emit_surely("refused-unknown %lu gone", unknown);
	if (lost > 0)
		emit_surely("refused-unknown %lu lost", lost);
	reads = bytes = thread_count = cgroup_count = 0;
	unknown = lost = 0;
	return is_any;
}

static void say(const struct refused *refused)
{
	static char cgroup[3 * PATH_MAX];
	char comm[COMM_BYTES], word[3 * COMM_BYTES];
	pid_t process = process_of(refused->thread, comm);

	emit_surely("refused %lu %d %s %s", refused->count, process, encode(comm, word, sizeof(word)),
	     encode(refused->cgroup, cgroup, sizeof(cgroup)));
}

/* The thread's process and its name; the thread's number and no name where it has ended meanwhile. */
static pid_t process_of(pid_t thread, char comm[COMM_BYTES])
{
	char path[64], line[128];
	FILE *status, *name;
	int process = thread;

	snprintf(path, sizeof(path), "/proc/%d/status", thread);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status) && sscanf(line, "Tgid:%d", &process) != 1)
		;
	if (status)
		fclose(status);
	snprintf(path, sizeof(path), "/proc/%d/comm", process);
	name = fopen(path, "re");
	comm[name ? fread(comm, 1, COMM_BYTES - 1, name) : 0] = '\0';
	if (name)
		fclose(name);
	if (*comm && comm[strlen(comm) - 1] == '\n')
		comm[strlen(comm) - 1] = '\0';
	return process;
}
