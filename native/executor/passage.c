#include "passage.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PASSAGES_MAX = 16, BUFFER_BYTES = 8192, SILENT_MS = 5000, LINGER_MS = 1000 };

/* One end. `buffer` is what it still has to be sent. */
struct side {
	struct source source; /* first: the callback gets the side back from it */
	struct passage *passage;
	struct side *other;
	uint32_t listening; /* 0: not in the loop, where a hang-up would wake it for ever */
	bool ended, told; /* it will say no more; it was told that the other will not */
	size_t start, end;
	char buffer[BUFFER_BYTES];
};

static struct passage {
	bool open, spoke, lingers;
	struct timer patience; /* until the client has said a line; once the inner side has ended, until the client has */
	struct side client, inner;
} passages[PASSAGES_MAX];

static void ready(struct source *source, uint32_t events);
static void run_out(struct timer *timer);
static int connect_inner(const struct sockaddr_un *address);
static void start_side(struct passage *passage, struct side *side, struct side *other, int fd);
static bool settle(struct passage *passage);
static void close_passage(struct passage *passage);

bool passage_open(int client, const struct sockaddr_un *inner, const char *preamble)
{
	struct passage *passage = passages;
	int fd;

	while (passage < passages + PASSAGES_MAX && passage->open)
		passage++;
	if (passage == passages + PASSAGES_MAX)
		return false;
	fd = connect_inner(inner);
	if (fd < 0)
		return false;
	passage->open = true;
	passage->spoke = passage->lingers = false;
	start_side(passage, &passage->client, &passage->inner, client);
	start_side(passage, &passage->inner, &passage->client, fd);
	passage->inner.end = strlen(preamble);
	memcpy(passage->inner.buffer, preamble, passage->inner.end);
	passage->patience.ring = run_out;
	timer_set(&passage->patience, now_ms() + SILENT_MS);
	if (!settle(passage))
		close_passage(passage);
	return true;
}

/* A Unix socket connects at once or not at all. */
static int connect_inner(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void start_side(struct passage *passage, struct side *side, struct side *other, int fd)
{
	side->source = (struct source){ fd, ready };
	side->passage = passage;
	side->other = other;
	side->listening = 0;
	side->ended = side->told = false;
	side->start = side->end = 0;
}

/* What the other side still has to be sent leaves no room: nothing is read until it is gone. */
static bool has_room(const struct side *side)
{
	return side->start == side->end;
}

/* False: the connection is broken. */
static bool read_from(struct side *side)
{
	struct side *other = side->other;
	ssize_t got = recv(side->source.fd, other->buffer, sizeof(other->buffer), MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	side->ended = got == 0;
	other->start = 0;
	other->end = (size_t)got;
	return true;
}

static bool send_to(struct side *side)
{
	while (side->start < side->end) {
		ssize_t sent = send(side->source.fd, side->buffer + side->start, side->end - side->start,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		side->start += (size_t)sent;
	}
	if (side->other->ended && !side->told) {
		side->told = true;
		return shutdown(side->source.fd, SHUT_WR) == 0 || errno == ENOTCONN;
	}
	return true;
}

/* A byte is easily said: a request ends with its line, or with the side that says it. */
static void hear(struct passage *passage)
{
	const struct side *inner = &passage->inner;

	if (passage->spoke || passage->lingers)
		return;
	passage->spoke = passage->client.ended ||
			 memchr(inner->buffer + inner->start, '\n', inner->end - inner->start);
	if (passage->spoke)
		timer_set(&passage->patience, 0);
}

static void ready(struct source *source, uint32_t events)
{
	struct side *side = (struct side *)source;
	struct passage *passage = side->passage;
	bool works = true;

	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !side->ended && has_room(side->other)) {
		works = read_from(side);
		if (side == &passage->client)
			hear(passage);
	}
	if (!works || !settle(passage))
		close_passage(passage);
}

static bool listen_to(struct side *side)
{
	uint32_t wanted = (!side->ended && has_room(side->other) ? EPOLLIN : 0) | (side->start < side->end ? EPOLLOUT : 0);
	int error = 0;

	if (wanted == side->listening)
		return true;
	if (wanted == 0)
		loop_remove(&side->source);
	else
		error = side->listening ? loop_change(&side->source, wanted) : loop_add(&side->source, wanted);
	side->listening = wanted;
	return error == 0;
}

/* Sends what can be sent and asks the loop for what is still wanted; false: it is over. */
static bool settle(struct passage *passage)
{
	if (!send_to(&passage->inner) || !send_to(&passage->client))
		return false;
	if (passage->client.told && passage->inner.told)
		return false;
	if (passage->client.told && !passage->lingers) {
		passage->lingers = true;
		timer_set(&passage->patience, now_ms() + LINGER_MS);
	}
	return listen_to(&passage->client) && listen_to(&passage->inner);
}

static void run_out(struct timer *timer)
{
	for (int i = 0; i < PASSAGES_MAX; i++)
		if (&passages[i].patience == timer)
			close_passage(&passages[i]);
}

static void close_passage(struct passage *passage)
{
	timer_set(&passage->patience, 0);
	loop_remove(&passage->client.source);
	loop_remove(&passage->inner.source);
	close(passage->client.source.fd);
	close(passage->inner.source.fd);
	passage->open = false;
}
