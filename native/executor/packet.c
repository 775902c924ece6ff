#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "answer.h"
#include "output.h"
#include "packet.h"
#include "protocol.h"
#include "worker.h"

static bool take_records(struct worker *worker, char *at, size_t left);
static void forward(const struct worker *worker, char *lines, size_t length);
static bool keep(const struct worker *worker, const char *line, size_t length);
static void say_overfull(const struct worker *worker);

void answers_ready(struct source *source, uint32_t events)
{
	struct worker *worker = (struct worker *)((char *)source - offsetof(struct worker, answers));
	static char packet[PACKET_MAX_BYTES];
	struct failure broken;
	ssize_t got;

	if (!output_has_room() && !(events & EPOLLHUP) && loop_change(source, 0) == 0)
		return;
	got = recv(source->fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* What an action caused is told before the action's answer. */
	watch_drain();
	timer_set(&worker->deadline, now_ms() + DEADLINE_MS);
	if (got > 0 && take_records(worker, packet, (size_t)got))
		return;
	emit_surely("guest-suspect %s", worker->name);
	fail(&broken, EPIPE, "worker", worker->name);
	worker_end(worker, &broken);
}

/* False: not what a worker says. */
static bool take_records(struct worker *worker, char *at, size_t left)
{
	struct record record;

	while (left > 0) {
		if (worker->handed == 0 || left < sizeof(record))
			return false;
		memcpy(&record, at, sizeof(record));
		at += sizeof(record);
		left -= sizeof(record);
		if (record.length > left)
			return false;
		forward(worker, at, record.length);
		at += record.length;
		left -= record.length;
		if (record.kind == RECORD_MORE)
			continue;
		if (!queue_done(worker, record.kind == RECORD_FAILED || worker->first->overfull))
			return true;
	}
	return true;
}

static void forward(const struct worker *worker, char *lines, size_t length)
{
	char *end = lines + length, *newline;

	if (!worker->first->verb->on_row) {
		output_write(lines, length);
		return;
	}
	for (; lines < end && (newline = memchr(lines, '\n', (size_t)(end - lines))); lines = newline + 1) {
		size_t size = (size_t)(newline - lines) + 1;

		if (keep(worker, lines, size))
			continue;
		if (worker->first->overfull)
			say_overfull(worker);
		else
			output_write(lines, size);
	}
}

/* Rows of a verb with a hook stay in this process. */
static bool keep(const struct worker *worker, const char *line, size_t length)
{
	static char copy[LINE_MAX_BYTES];
	static struct request row;

	memcpy(copy, line, length);
	copy[length - 1] = '\0';
	if (!request_parse(copy, &row) || strcmp(row.word[0], "row") != 0)
		return false;
	if (!worker->first->verb->on_row(worker->name, row.words - 1, row.word + 1))
		worker->first->overfull = true;
	return true;
}

/* In place of what the worker says at the end: it cannot know. */
static void say_overfull(const struct worker *worker)
{
	struct answer answer = { .plan = worker->first->plan, .step = worker->first->step, .write = output_write };
	struct failure failure;

	fail(&failure, ENOSPC, "watches", worker->name);
	answer_fail(&answer, &failure);
}
