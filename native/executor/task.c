#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "child.h"
#include "output.h"

enum { ANSWER = 3 }; /* the only descriptor that a task inherits */
enum { GRACE_SECONDS = 2 };

struct task {
	struct source source;
	struct timer limit;
	struct task_kind *kind;
	unsigned long plan, step;
	bool is_given_up; /* answered; its process has not ended all the same */
	struct task *next;
	char subject[];
};

static struct task *tasks;

static bool is_busy(const struct task_kind *kind, const char *subject);
static int start(struct task *task, const struct request *request);
static void perform(const struct task *task, const struct request *request, int socket) __attribute__((noreturn));
static void end_after(unsigned int seconds);
static void write_answer(const char *line, size_t length);
static bool is_row(const char *line, size_t length);
static void ready(struct source *source, uint32_t events);
static void give_up(struct timer *timer);
static void forget(struct task *task);

int task_begin(struct task_kind *kind, const char *subject, const struct request *request, struct failure *failure)
{
	struct task *task;
	int error;

	if (kind->running >= kind->most || (kind->is_alone && is_busy(kind, subject)))
		return fail(failure, EBUSY, "busy", subject);
	task = calloc(1, sizeof(*task) + strlen(subject) + 1);
	if (!task)
		return fail(failure, ENOMEM, "worker", subject);
	*task = (struct task){
		{ -1, ready }, { 0, give_up, NULL }, kind, request->plan, request->step, false, tasks
	};
	strcpy(task->subject, subject);
	error = start(task, request);
	if (error < 0) {
		close_fd(&task->source.fd);
		free(task);
		return fail(failure, -error, "worker", subject);
	}
	tasks = task;
	kind->running++;
	timer_set(&task->limit, now_ms() + (kind->seconds + GRACE_SECONDS) * 1000ULL);
	return ANSWERED_LATER;
}

static bool is_busy(const struct task_kind *kind, const char *subject)
{
	for (const struct task *task = tasks; task; task = task->next)
		if (task->kind == kind && strcmp(task->subject, subject) == 0)
			return true;
	return false;
}

/* A child whose answer nobody listens to ends by itself. */
static int start(struct task *task, const struct request *request)
{
	pid_t parent = getpid(), child;
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	task->source.fd = ends[0];
	child = fork();
	if (child == 0) {
		child_begin(parent);
		perform(task, request, ends[1]);
	}
	error = child < 0 ? -errno : loop_add(&task->source, EPOLLIN);
	close(ends[1]);
	return error;
}

static void perform(const struct task *task, const struct request *request, int socket)
{
	struct answer answer = { .plan = request->plan, .step = request->step, .write = write_answer };
	struct failure failure = { 0 };

	if ((socket != ANSWER && dup3(socket, ANSWER, O_CLOEXEC) < 0) || close_range(ANSWER + 1, ~0U, 0) < 0)
		_exit(1);
	end_after(task->kind->seconds);
	(void)answer_end(&answer, task->kind->perform(request, &answer, &failure), &failure);
	_exit(0);
}

/* Whatever it waits for: a file system that does not answer lets itself be interrupted by nothing else. */
static void end_after(unsigned int seconds)
{
	struct sigevent end = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value.tv_sec = seconds };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &end, &timer) < 0 || timer_settime(timer, 0, &when, NULL) < 0)
		_exit(1);
}

static void write_answer(const char *line, size_t length)
{
	if (send(ANSWER, line, length, MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* One packet is one line; the last one is no row, and ends it. */
static void ready(struct source *source, uint32_t events)
{
	struct task *task = (struct task *)source;
	struct answer answer = { .plan = task->plan, .step = task->step, .write = output_write };
	static char line[LINE_MAX_BYTES];
	struct failure failure;
	ssize_t got = recv(source->fd, line, sizeof(line), MSG_DONTWAIT);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0 && !task->is_given_up)
		output_write(line, (size_t)got);
	if (got > 0 && is_row(line, (size_t)got))
		return;
	if (got <= 0 && !task->is_given_up) {
		fail(&failure, EPIPE, "worker", task->kind->verb);
		answer_fail(&answer, &failure);
	}
	forget(task);
}

/* A process that waits for a file system which never answers does not even end when it is killed. It stays one of those at a time. */
static void give_up(struct timer *timer)
{
	struct task *task = (struct task *)((char *)timer - offsetof(struct task, limit));
	struct answer answer = { .plan = task->plan, .step = task->step, .write = output_write };
	struct failure failure;

	fail(&failure, ETIMEDOUT, "worker", task->kind->verb);
	answer_fail(&answer, &failure);
	task->is_given_up = true;
}

static bool is_row(const char *line, size_t length)
{
	const char *space = memchr(line, ' ', length);

	return space && (size_t)(line + length - space) > 5 && memcmp(space, " row ", 5) == 0;
}

static void forget(struct task *task)
{
	struct task **place = &tasks;

	while (*place != task)
		place = &(*place)->next;
	*place = task->next;
	task->kind->running--;
	timer_set(&task->limit, 0);
	loop_remove(&task->source);
	close(task->source.fd);
	free(task);
}
