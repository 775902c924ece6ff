#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent.h"
#include "answer.h"
#include "executor.h"
#include "output.h"
#include "protocol.h"
#include "verbs.h"
#include "worker.h"

static struct source agent;
static uint32_t listening;
static char input[LINE_MAX_BYTES];
static size_t filled;
static bool skipping; /* the rest of a line that was too long */

static void agent_ready(struct source *source, uint32_t events);
static void listen_as_needed(void);
static void resume(void);
static void receive(void);
static void take_lines(void);
static void take_line(char *line, size_t length);
static void perform(const struct verb *verb, const struct request *request);
static void hand_over(const struct verb *verb, const struct request *request, const char *line, size_t length);
static void refuse(const struct request *request, int error, const char *check, const char *subject);

int agent_open(int socket)
{
	agent = (struct source){ .fd = socket, .ready = agent_ready };
	listening = EPOLLIN;
	output_open(socket, resume);
	return loop_add(&agent, listening);
}

void agent_settle(void)
{
	workers_hand();
	if (!output_flush())
		exit(0);
	listen_as_needed();
}

/* The executor ends when the agent's side ends: its workers follow by their parent-death signal. */
static void agent_ready(struct source *source, uint32_t events)
{
	(void)source;
	if (events & EPOLLIN)
		receive();
	else if (events & (EPOLLHUP | EPOLLERR))
		exit(0);
}

static void listen_as_needed(void)
{
	uint32_t wanted = (output_has_room() ? EPOLLIN : 0) | (output_is_waiting() ? EPOLLOUT : 0);

	if (wanted != listening && loop_change(&agent, wanted) < 0)
		exit(1);
	listening = wanted;
}

static void resume(void)
{
	take_lines();
	workers_resume();
	workers_hand();
}

static void receive(void)
{
	ssize_t got = recv(agent.fd, input + filled, sizeof(input) - filled, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		exit(0);
	if (got < 0)
		return;
	filled += (size_t)got;
	take_lines();
}

static void take_lines(void)
{
	char *line = input, *newline;

	while (output_has_room() && (newline = memchr(line, '\n', filled - (size_t)(line - input)))) {
		*newline = '\0';
		if (!skipping)
			take_line(line, (size_t)(newline - line));
		skipping = false;
		line = newline + 1;
	}
	filled -= (size_t)(line - input);
	memmove(input, line, filled);
	if (filled == sizeof(input) && !memchr(input, '\n', filled)) {
		if (!skipping)
			take_line(input, filled);
		skipping = true;
		filled = 0;
	}
}

/* A line as long as the whole buffer is one that is too long: it cannot be read. */
static void take_line(char *line, size_t length)
{
	static char copy[LINE_MAX_BYTES];
	static struct request request;
	const struct verb *verb;
	bool readable = strnlen(line, length) == length && length < sizeof(copy);

	memcpy(copy, line, length);
	copy[length < sizeof(copy) ? length : sizeof(copy) - 1] = '\0';
	readable = request_parse(copy, &request) && readable;
	verb = verb_find(request.word[0]);
	if (!readable || !verb || !verb_takes(verb, &request))
		refuse(&request, EINVAL, "protocol", request.word[0]);
	else if (verb->host)
		perform(verb, &request);
	else
		hand_over(verb, &request, line, length);
}

static void perform(const struct verb *verb, const struct request *request)
{
	struct answer answer = { .plan = request->plan, .step = request->step, .write = output_write };
	struct failure failure = { 0 };
	int result = verb->host(request, &answer, &failure);

	if (result != ANSWERED_LATER)
		answer_end(&answer, result, &failure);
}

static void hand_over(const struct verb *verb, const struct request *request, const char *line, size_t length)
{
	struct failure failure;
	struct worker *worker;

	fail(&failure, ESRCH, "guest", request->word[1]);
	worker = verb_opens(verb) ? worker_open(request, &failure) : worker_find(request->word[1]);
	if (worker)
		queue_add(worker, verb, request, line, length);
	else
		refuse(request, failure.error, failure.call, failure.subject);
}

static void refuse(const struct request *request, int error, const char *check, const char *subject)
{
	struct answer answer = { .plan = request->plan, .step = request->step, .write = output_write };
	struct failure failure;

	fail(&failure, error, check, subject);
	answer_fail(&answer, &failure);
}
