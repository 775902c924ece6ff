#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "child.h"
#include "confine.h"
#include "guest.h"
#include "packet.h"
#include "protocol.h"

/* The only descriptors that a worker inherits. */
enum { SOCKET = 3, PIDFD = 4, INOTIFY = 5, INHERITED = 6 };
enum { SILENT_MS = 100 };

static char packet[PACKET_MAX_BYTES];
static size_t filled, record; /* where the record that is being written begins */
static struct failed_plans plans;

static void keep_descriptors(int socket, int pidfd);
static void serve(struct guest *guest);
static void perform_all(struct guest *guest, char *lines);
static void perform(struct guest *guest, char *line);
static void write_line(const char *line, size_t length);
static void begin_record(void);
static void end_record(enum record_kind kind);
static void send_packet(void);

void worker_main(const char *name, pid_t init, pid_t parent, int socket, int pidfd)
{
	static struct guest guest;

	child_begin(parent);
	confine();
	/* This worker waits for its own children. */
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		_exit(1);
	keep_descriptors(socket, pidfd);
	guest.pid = init;
	guest.pidfd = PIDFD;
	guest.inotify = watch_fd() < 0 ? -1 : INOTIFY;
	guest.root = guest.staging = guest.mounts = guest.own_mounts = -1;
	strcpy(guest.name, name);
	serve(&guest);
	_exit(0);
}

/* Parked above the range first, so that no target is overwritten before it is copied. */
static void keep_descriptors(int socket, int pidfd)
{
	int from[] = { socket, pidfd, watch_fd() };
	int high[3];

	for (int i = 0; i < 3; i++) {
		high[i] = from[i] < 0 ? -1 : fcntl(from[i], F_DUPFD_CLOEXEC, 64);
		if (from[i] >= 0 && high[i] < 0)
			_exit(1);
	}
	for (int i = 0; i < 3; i++) {
		close(SOCKET + i);
		if (high[i] >= 0 && dup3(high[i], SOCKET + i, O_CLOEXEC) < 0)
			_exit(1);
	}
	if (close_range(INHERITED, ~0U, 0) < 0)
		_exit(1);
}

static void serve(struct guest *guest)
{
	static char line[LINE_MAX_BYTES + 1];

	for (;;) {
		ssize_t got = recv(SOCKET, line, sizeof(line) - 1, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return;
		line[got] = '\0';
		perform_all(guest, line);
	}
}

/* Everything that was handed over at once is answered at once, but for what takes long: every packet is a sign of life. */
static void perform_all(struct guest *guest, char *lines)
{
	uint64_t since = now_ms();
	char *end;

	for (; (end = strchr(lines, '\n')); lines = end + 1) {
		*end = '\0';
		perform(guest, lines);
		if (now_ms() - since < SILENT_MS)
			continue;
		send_packet();
		since = now_ms();
	}
	send_packet();
}

static void perform(struct guest *guest, char *line)
{
	static struct request request;
	struct failure failure = { 0 };
	struct answer answer;
	const struct verb *verb;
	int result;

	die_with_parent();
	if (!request_parse(line, &request))
		_exit(1);
	verb = verb_find(request.word[0]);
	if (!verb || !verb->guest)
		_exit(1);
	answer = (struct answer){ .plan = request.plan, .step = request.step, .write = write_line };
	begin_record();
	if (plan_is_cancelled(&plans, request.plan, request.step, &failure))
		result = -1;
	else
		result = verb_opens(verb) ? 0 : guest_check(guest, &failure);
	if (result == 0)
		result = verb->guest(guest, &request, &answer, &failure);
	result = answer_end(&answer, result, &failure);
	if (result < 0)
		plan_failed(&plans, request.plan, request.step);
	end_record(result < 0 ? RECORD_FAILED : RECORD_DONE);
}

static void write_line(const char *line, size_t length)
{
	if (filled + length > sizeof(packet)) {
		end_record(RECORD_MORE);
		send_packet();
		begin_record();
	}
	memcpy(packet + filled, line, length);
	filled += length;
}

static void begin_record(void)
{
	if (filled + sizeof(struct record) > sizeof(packet))
		send_packet();
	record = filled;
	filled += sizeof(struct record);
}

static void end_record(enum record_kind kind)
{
	struct record head = { kind, filled - record - sizeof(struct record) };

	memcpy(packet + record, &head, sizeof(head));
}

static void send_packet(void)
{
	while (filled > 0 && send(SOCKET, packet, filled, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(1);
	filled = 0;
}
