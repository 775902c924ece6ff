/*
 * The verb `take-back`: what systemd keeps with a service when the guest in it has ended. Nobody has a worker then, and systemd
 * takes its time: each request has a short-lived process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access.h"
#include "answer.h"
#include "child.h"
#include "output.h"
#include "verbs.h"

enum { UNIT_MAX = 255, UNITS_KNOWN = 256, TASKS_MAX = 16 };
enum { ANSWER = 3 }; /* the only descriptor that a task inherits */

struct task {
	struct source source;
	unsigned long plan, step;
};

/* Those of guests that were opened; the oldest is forgotten first. */
static char known[UNITS_KNOWN][UNIT_MAX + 1];
static unsigned int units;
static int tasks;

static bool is_guests(const char *unit);
static bool is_known(const char *unit);
static bool is_of_machine(const char *unit);
static int begin(const char *unit, const struct allowance *list, const struct request *request);
static void perform(const char *unit, const struct allowance *list, const struct request *request, int socket)
	__attribute__((noreturn));
static void write_answer(const char *line, size_t length);
static void ready(struct source *source, uint32_t events);

int verb_take_back(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct allowance list[ALLOWANCES_MAX + 1];
	const char *unit = unit_at(request->word[1]);
	int error;

	(void)answer;
	if (read_allowances(request, list, failure) < 0)
		return -1;
	if (!unit || !is_guests(unit))
		return fail(failure, EPERM, "unit", request->word[1]);
	if (tasks >= TASKS_MAX)
		return fail(failure, EBUSY, "busy", unit);
	error = begin(unit, list, request);
	return error < 0 ? fail(failure, -error, "worker", unit) : ANSWERED_LATER;
}

/* A row of guest-open: the unit that the guest was found to be in. */
bool take_back_on_row(const char *guest, int words, char **word)
{
	(void)guest;
	if (words == 1 && strlen(word[0]) <= UNIT_MAX && !is_known(word[0]))
		strcpy(known[units++ % UNITS_KNOWN], word[0]);
	return true;
}

/* What is no guest's is not touched, whoever asks. A scope goes with its processes, and its list with it. */
static bool is_guests(const char *unit)
{
	return is_suffix(unit, ".service") && (is_known(unit) || is_of_machine(unit));
}

static bool is_known(const char *unit)
{
	for (int i = 0; i < UNITS_KNOWN; i++)
		if (strcmp(known[i], unit) == 0)
			return true;
	return false;
}

static bool is_of_machine(const char *unit)
{
	static const char prefix[] = "systemd-nspawn@", suffix[] = ".service";
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\";
	size_t length = strlen(unit), outside = sizeof(prefix) - 1 + sizeof(suffix) - 1;

	return length > outside && length <= UNIT_MAX && strncmp(unit, prefix, sizeof(prefix) - 1) == 0 &&
	       strspn(unit + sizeof(prefix) - 1, allowed) == length - (sizeof(prefix) - 1);
}

static int begin(const char *unit, const struct allowance *list, const struct request *request)
{
	struct task *task = calloc(1, sizeof(*task));
	pid_t parent = getpid(), child;
	int ends[2], error = 0;

	if (!task || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		free(task);
		return -ENOMEM;
	}
	*task = (struct task){ { ends[0], ready }, request->plan, request->step };
	child = fork();
	if (child == 0) {
		child_begin(parent);
		perform(unit, list, request, ends[1]);
	}
	if (child < 0 || loop_add(&task->source, EPOLLIN) < 0)
		error = -errno;
	close(ends[1]);
	tasks += error == 0;
	if (error < 0) {
		close(ends[0]);
		free(task);
	}
	return error;
}

static void perform(const char *unit, const struct allowance *list, const struct request *request, int socket)
{
	struct answer answer = { .plan = request->plan, .step = request->step, .write = write_answer };
	struct failure failure = { 0 };

	if ((socket != ANSWER && dup3(socket, ANSWER, O_CLOEXEC) < 0) || close_range(ANSWER + 1, ~0U, 0) < 0)
		_exit(1);
	(void)answer_end(&answer, unit_take_back(unit, list, &failure), &failure);
	_exit(0);
}

static void write_answer(const char *line, size_t length)
{
	if (send(ANSWER, line, length, MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* One packet is the whole answer. */
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
	if (got > 0) {
		output_write(line, (size_t)got);
	} else {
		fail(&failure, EPIPE, "worker", "take-back");
		answer_fail(&answer, &failure);
	}
	loop_remove(source);
	close(source->fd);
	free(task);
	tasks--;
}
