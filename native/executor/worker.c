#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "claims.h"
#include "guest.h"
#include "mounts.h"
#include "output.h"
#include "packet.h"
#include "staging.h"
#include "worker.h"

static struct worker *workers;

static bool is_guest_name(const char *name);
static bool is_stuck(const struct worker *worker);
static bool watch_init(struct worker *worker, pid_t pid);
static bool start_process(struct worker *worker, pid_t init);
static void init_ended(struct source *source, uint32_t events);
static void deadline_missed(struct timer *timer);
static bool has_answered(const struct worker *worker);

struct worker *worker_find(const char *name)
{
	struct worker *worker = workers;

	while (worker && strcmp(worker->name, name) != 0)
		worker = worker->next;
	return worker;
}

int worker_count(void)
{
	int count = 0;

	for (struct worker *worker = workers; worker; worker = worker->next)
		count += worker->answers.fd >= 0;
	return count;
}

struct worker *worker_open(const struct request *request, struct failure *failure)
{
	const char *name = request->word[1];
	struct worker *worker = worker_find(name);
	off_t claim = claim_place(request->word[3]);
	unsigned long pid;

	if (!is_guest_name(name) || !parse_unsigned(request->word[2], 1 << 22, &pid) || pid == 0) {
		malformed(request, failure);
		return NULL;
	}
	if (worker && is_stuck(worker)) {
		*failure = worker->ended;
		return NULL;
	}
	fail(failure, ESRCH, "guest", name);
	if (worker && worker->claim != claim)
		claim_drop(worker->claim);
	if (worker)
		worker_close(worker, failure);
	worker = calloc(1, sizeof(*worker));
	if (!worker)
		return NULL;
	strcpy(worker->name, name);
	worker->answers = (struct source){ .fd = -1, .ready = answers_ready };
	worker->deadline.ring = deadline_missed;
	worker->init = (struct source){ .fd = -1, .ready = init_ended };
	worker->mounts.fd = worker->mounts_told = -1;
	worker->process = worker->stuck = -1;
	worker->last = &worker->first;
	worker->claim = claim;
	worker->next = workers;
	workers = worker;
	if (watch_init(worker, (pid_t)pid) && start_process(worker, (pid_t)pid)) {
		mounts_watch(worker, (pid_t)pid);
		return worker;
	}
	if (errno != ESRCH && errno != EINVAL && errno != ENOENT)
		fail(failure, errno, "worker", name);
	worker_close(worker, failure);
	return NULL;
}

void worker_end(struct worker *worker, const struct failure *why)
{
	if (worker->answers.fd < 0)
		return;
	worker->ended = *why;
	timer_set(&worker->deadline, 0);
	mounts_forget(worker);
	loop_remove(&worker->answers);
	close(worker->answers.fd);
	worker->answers.fd = -1;
	(void)syscall(SYS_pidfd_send_signal, worker->process, SIGKILL, NULL, 0);
	close(worker->process);
	worker->process = -1;
	watch_forget(worker->name);
	queue_fail_all(worker, why);
}

void worker_close(struct worker *worker, const struct failure *why)
{
	struct worker **place = &workers;

	worker_end(worker, why);
	loop_remove(&worker->init);
	close_fd(&worker->init.fd);
	close_fd(&worker->stuck);
	while (*place != worker)
		place = &(*place)->next;
	*place = worker->next;
	free(worker);
}

void workers_resume(void)
{
	for (struct worker *worker = workers; worker; worker = worker->next) {
		if (worker->answers.fd >= 0 && loop_change(&worker->answers, EPOLLIN) < 0)
			abort();
	}
}

/* What cannot be sent ends a worker, but not its entry here. */
void workers_hand(void)
{
	for (struct worker *worker = workers; worker; worker = worker->next)
		if (worker->first)
			queue_hand(worker);
}

int verb_guest_close(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct worker *worker = worker_find(request->word[1]);
	struct failure closed;

	(void)answer;
	fail(&closed, ESRCH, "guest", request->word[1]);
	if (!worker)
		return fail(failure, ESRCH, "guest", request->word[1]);
	claim_drop(worker->claim);
	worker_close(worker, &closed);
	return 0;
}

/* The name becomes a folder of the staging file system. */
static bool is_guest_name(const char *name)
{
	return strlen(name) <= GUEST_NAME_MAX && name[0] != '.' && is_name(name);
}

/* A process that waits for an answer of the guest's file system outlives SIGKILL: a guest gets one such process, not many. */
static bool is_stuck(const struct worker *worker)
{
	struct pollfd process = { .fd = worker->stuck, .events = POLLIN };

	return worker->stuck >= 0 && poll(&process, 1, 0) == 0;
}

static bool watch_init(struct worker *worker, pid_t pid)
{
	worker->init.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	return worker->init.fd >= 0 && loop_add(&worker->init, EPOLLIN) == 0;
}

static bool start_process(struct worker *worker, pid_t init)
{
	int ends[2], size = 1 << 18;
	pid_t parent = getpid(), child;
	struct clone_args how = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&worker->process,
		.exit_signal = SIGCHLD,
	};

	(void)watch_open(); /* there may have been none to be had before */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	/* A packet holds the longest line, whatever the host's default is. */
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0 ||
	    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0)
		abort();
	child = (pid_t)syscall(SYS_clone3, &how, sizeof(how));
	if (child == 0)
		worker_main(worker->name, init, parent, ends[1], worker->init.fd);
	close(ends[1]);
	worker->answers.fd = ends[0];
	if (child > 0 && loop_add(&worker->answers, EPOLLIN) == 0)
		return true;
	close(ends[0]);
	close_fd(&worker->process);
	worker->answers.fd = -1;
	return false;
}

static void init_ended(struct source *source, uint32_t events)
{
	struct worker *worker = (struct worker *)((char *)source - offsetof(struct worker, init));
	struct failure gone;

	(void)events;
	emit_surely("guest-gone %s", worker->name);
	fail(&gone, ESRCH, "guest", worker->name);
	staging_remove(worker->name);
	claim_drop(worker->claim);
	worker_close(worker, &gone);
}

/* Time that the agent did not read is not the worker's, nor time that this process was not let run. */
static void deadline_missed(struct timer *timer)
{
	struct worker *worker = (struct worker *)((char *)timer - offsetof(struct worker, deadline));
	struct failure missed;

	if (!output_has_room() || has_answered(worker)) {
		timer_set(timer, now_ms() + DEADLINE_MS);
		return;
	}
	emit_surely("guest-suspect %s", worker->name);
	fail(&missed, ETIMEDOUT, "deadline", worker->name);
	worker->stuck = fcntl(worker->process, F_DUPFD_CLOEXEC, 0);
	worker_end(worker, &missed);
}

/* What it said comes up in the loop's next turns. */
static bool has_answered(const struct worker *worker)
{
	struct pollfd answers = { .fd = worker->answers.fd, .events = POLLIN };

	return poll(&answers, 1, 0) == 1 && (answers.revents & POLLIN);
}
