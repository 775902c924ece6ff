/* The verb `run-inside`: a program of the guest, as its root, with what its init may do and no more, for so long at most. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "begin_entry.h"
#include "cgroups.h"
#include "kill_whole.h"
#include "limited.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 64, SECONDS_MAX = 86400, GRACE_SECONDS = 30, KILL_MS = 2000, SIGNALLED = 128 };
enum { SECONDS = 4, PROGRAM = 5, TAIL_BYTES = 4096 };

static struct guest guest;
static unsigned long seconds;
/* The last that was written. */
static char tail[2 * TAIL_BYTES];
static size_t tail_length;

struct run {
	struct entry_pipes pipes;
	pid_t entering, program;
	int process; /* pidfd of the program */
	uint64_t until;
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int run_in(const struct entry *entry, int *status, struct failure *failure);
static bool is_frozen(const struct whole *whole);
static int await_program(struct run *run, const char *name, struct failure *failure);
static int await_end(struct run *run, int *status, struct failure *failure);
static bool wait_for(const struct run *run, int fd, int other);
static void read_output(struct run *run);
static void keep_tail(const char *bytes, size_t length);
static void end_all(const struct run *run, const struct run_cgroup *cgroup);

int verb_run_inside(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "run-inside", perform, SECONDS_MAX + 2 * GRACE_SECONDS, TASKS_MAX, false, 0 };

	(void)answer;
	if (!limited_read(request, &guest) || !parse_unsigned(request->word[SECONDS], SECONDS_MAX, &seconds) ||
	    seconds == 0 || request->word[PROGRAM][0] == '\0')
		return malformed(request, failure);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct entry entry = { .guest = &guest, .words = request->words - PROGRAM, .word = request->word + PROGRAM };
	static char word[3 * TAIL_BYTES + 2];
	static struct run_cgroup cgroup;
	struct whole whole;
	int status, result;

	/* A guest's own file system may keep whoever looks at its root for ever. */
	(void)alarm((unsigned int)seconds + GRACE_SECONDS);
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || limited_open(&guest, failure) < 0 ||
	    whole_open(&guest, &whole, failure) < 0)
		return -1;
	if (is_frozen(&whole))
		return fail(failure, EBUSY, "frozen", guest.cgroup);
	entry.bonds = bonds_read(&guest, failure);
	if (entry.bonds < 0 || limited_check(&guest, failure) < 0)
		return -1;
	entry.cgroup = &cgroup;
	if (run_cgroup_make(&cgroup, &guest, &whole, failure) < 0)
		return -1;
	result = run_in(&entry, &status, failure);
	run_cgroup_remove(&cgroup);
	if (result < 0)
		return guest_has_ended(&guest) ? limited_check(&guest, failure) : result;
	encode_bytes(tail, tail_length, word, sizeof(word));
	answer_ok(answer, "%d %s", WIFEXITED(status) ? WEXITSTATUS(status) : SIGNALLED + WTERMSIG(status), word);
	return 0;
}

static int run_in(const struct entry *entry, int *status, struct failure *failure)
{
	struct run run = { .process = -1, .until = now_ms() + seconds * 1000 };
	int result;

	run.entering = begin_entry(entry, &run.pipes, failure);
	result = run.entering < 0 ? -1 : await_program(&run, entry->word[0], failure);
	if (result == 0)
		result = await_end(&run, status, failure);
	if (result < 0)
		end_all(&run, entry->cgroup);
	return result;
}

/* Who is frozen could not be ended either. */
static bool is_frozen(const struct whole *whole)
{
	const struct hierarchy *freezer = hierarchy_of("freezer");
	char text[256], path[PATH_MAX];

	if (cgroup_read(whole->folder, "cgroup.events", text, sizeof(text)) > 0 && strstr(text, "frozen 1"))
		return true;
	if (!freezer || !freezer->is_v1 || process_cgroup_of("freezer", guest.pid, path, sizeof(path)) < 0)
		return false;
	autofd int folder = cgroup_open_in(freezer, path);

	return folder >= 0 && cgroup_read(folder, "freezer.state", text, sizeof(text)) > 0 && strncmp(text, "THAWED", 6) != 0;
}

/* The report ends when the program begins, or with whoever was to begin it. */
static int await_program(struct run *run, const char *name, struct failure *failure)
{
	struct report report = { 0 };
	ssize_t got = 1;

	while (wait_for(run, run->pipes.report[0], -1)) {
		got = read(run->pipes.report[0], &report, sizeof(report));
		if (got == 0)
			break;
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got != sizeof(report))
			return fail(failure, EPROTO, "run", name);
		if (report.error > 0) {
			report.call[sizeof(report.call) - 1] = '\0';
			return fail(failure, report.error, report.call, name);
		}
		run->program = report.program;
	}
	if (got != 0)
		return fail(failure, ETIMEDOUT, "run", name);
	(void)waitpid(run->entering, NULL, __WALL); /* or it would still be in the cgroup when the program has ended */
	if (run->program <= 0 || run->program == run->entering)
		return fail(failure, EPIPE, "run", name);
	run->process = (int)syscall(SYS_pidfd_open, run->program, 0);
	return run->process < 0 ? fail(failure, errno, "run", name) : 0;
}

/* What it left running may hold the other end of its output for ever. */
static int await_end(struct run *run, int *status, struct failure *failure)
{
	struct pollfd ended = { .fd = run->process, .events = POLLIN };

	while (poll(&ended, 1, 0) == 0) {
		if (!wait_for(run, run->process, run->pipes.output[0]))
			return fail(failure, ETIMEDOUT, "run", guest.cgroup);
		read_output(run);
	}
	read_output(run);
	if (waitpid(run->program, status, __WALL) != run->program)
		return fail(failure, EPIPE, "run", guest.cgroup);
	return 0;
}

/* Until there is something in one of both. False: the time is over. */
static bool wait_for(const struct run *run, int fd, int other)
{
	struct pollfd either[] = { { .fd = fd, .events = POLLIN }, { .fd = other, .events = POLLIN } };
	uint64_t now = now_ms();

	while (now < run->until) {
		int ready = poll(either, 2, (int)(run->until - now));

		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
		now = now_ms();
	}
	return false;
}

/* As much as there is room for in a pipe; one that nobody writes to any more is closed. */
static void read_output(struct run *run)
{
	static char bytes[1 << 16];
	struct pollfd written = { .fd = run->pipes.output[0], .events = POLLIN };
	ssize_t got;

	if (poll(&written, 1, 0) <= 0)
		return;
	got = read(run->pipes.output[0], bytes, sizeof(bytes));
	if (got > 0)
		keep_tail(bytes, (size_t)got);
	if (got == 0) {
		close_fd(&run->pipes.output[0]);
		run->pipes.output[0] = -1;
	}
}

static void keep_tail(const char *bytes, size_t length)
{
	size_t kept = length < TAIL_BYTES ? TAIL_BYTES - length : 0;

	if (length > TAIL_BYTES)
		bytes += length - TAIL_BYTES, length = TAIL_BYTES;
	if (kept < tail_length) {
		memmove(tail, tail + tail_length - kept, kept);
		tail_length = kept;
	}
	memcpy(tail + tail_length, bytes, length);
	tail_length += length;
}

/* All that came of it, and who was on the way in; a program that went to another cgroup of the guest's all the same. */
static void end_all(const struct run *run, const struct run_cgroup *cgroup)
{
	if (run->entering > 0)
		(void)kill(run->entering, SIGKILL);
	if (run->process >= 0)
		(void)syscall(SYS_pidfd_send_signal, run->process, SIGKILL, NULL, 0);
	(void)whole_kill(&cgroup->whole, KILL_MS);
}
