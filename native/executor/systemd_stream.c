#include "systemd_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct sockaddr_un private_address = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/private" };
static const struct sockaddr_un bus_address = { .sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket" };
enum { GREETING_MAX = 256, DESCRIPTORS_MAX = 8 };

static int open_at(struct stream *stream, const struct sockaddr_un *address);
static int say_hello(const struct stream *stream);
static ssize_t receive(struct stream *stream);
static void keep_descriptors(struct stream *stream, struct msghdr *header);
static int take_greeting(struct stream *stream);
static int take_message(struct stream *stream, message_fn *each, void *context);
static void drop(struct stream *stream, size_t length);

bool systemd_runs(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

int stream_open(struct stream *stream)
{
	stream->is_bus = false;
	return open_at(stream, &private_address);
}

int stream_open_bus(struct stream *stream)
{
	stream->is_bus = true;
	return open_at(stream, &bus_address);
}

void stream_close(struct stream *stream)
{
	int passed = stream_take_descriptor(stream);

	if (passed >= 0)
		close(passed);
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

int stream_take_descriptor(struct stream *stream)
{
	int passed = stream->has_passed ? stream->passed : -1;

	stream->has_passed = false;
	return passed;
}

int stream_receive(struct stream *stream, message_fn *each, void *context)
{
	int error = 0;
	ssize_t got;

	drop(stream, stream->kept);
	stream->kept = 0;
	got = receive(stream);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (got == 0)
		return -ECONNRESET;
	stream->filled += (size_t)got;
	if (!stream->greeted)
		error = take_greeting(stream);
	while (error == 0 && stream->greeted)
		error = take_message(stream, each, context);
	return error == -EAGAIN ? 0 : error;
}

static int open_at(struct stream *stream, const struct sockaddr_un *address)
{
	int error;

	stream->greeted = stream->has_passed = false;
	stream->filled = stream->kept = stream->skipped = 0;
	stream->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (stream->fd < 0)
		return -errno;
	error = connect(stream->fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : say_hello(stream);
	if (error < 0)
		stream_close(stream);
	return error;
}

/* Our number in hexadecimal digits of its decimal ones; the other side looks at who we are by itself. */
static int say_hello(const struct stream *stream)
{
	char user[16], hello[96];
	size_t length = 1;

	snprintf(user, sizeof(user), "%u", geteuid());
	hello[0] = '\0';
	length += (size_t)snprintf(hello + 1, sizeof(hello) - 1, "AUTH EXTERNAL ");
	for (const char *digit = user; *digit; digit++)
		length += (size_t)snprintf(hello + length, sizeof(hello) - length, "%02x", (unsigned char)*digit);
	length += (size_t)snprintf(hello + length, sizeof(hello) - length, "%s\r\nBEGIN\r\n",
				   stream->is_bus ? "\r\nNEGOTIATE_UNIX_FD" : "");
	return send(stream->fd, hello, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -EPIPE;
}

static ssize_t receive(struct stream *stream)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	struct iovec room = { stream->bytes + stream->filled, sizeof(stream->bytes) - stream->filled };
	struct msghdr header = {
		.msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t got = recvmsg(stream->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (got > 0)
		keep_descriptors(stream, &header);
	return got;
}

/* The last one; nobody asks for two at a time. */
static void keep_descriptors(struct stream *stream, struct msghdr *header)
{
	for (struct cmsghdr *one = CMSG_FIRSTHDR(header); one; one = CMSG_NXTHDR(header, one)) {
		size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t at = 0; one->cmsg_level == SOL_SOCKET && one->cmsg_type == SCM_RIGHTS && at < count; at++) {
			int before = stream_take_descriptor(stream);

			if (before >= 0)
				close(before);
			memcpy(&stream->passed, CMSG_DATA(one) + at * sizeof(int), sizeof(int));
			stream->has_passed = true;
		}
	}
}

/* A bus has a second line for us, whether descriptors may be passed. */
static int take_greeting(struct stream *stream)
{
	const unsigned char *end = memmem(stream->bytes, stream->filled, "\r\n", 2);

	if (stream->filled >= 3 && memcmp(stream->bytes, "OK ", 3) != 0)
		return -EACCES;
	if (end && stream->is_bus)
		end = memmem(end + 2, stream->filled - (size_t)(end + 2 - stream->bytes), "\r\n", 2);
	if (!end)
		return stream->filled < GREETING_MAX ? -EAGAIN : -EPROTO;
	drop(stream, (size_t)(end - stream->bytes) + 2);
	stream->greeted = true;
	return 0;
}

/* -EAGAIN: not whole yet. */
static int take_message(struct stream *stream, message_fn *each, void *context)
{
	struct head head;
	uint64_t size;

	if (stream->skipped > 0) {
		size_t part = stream->skipped < stream->filled ? (size_t)stream->skipped : stream->filled;

		stream->skipped -= part;
		drop(stream, part);
	}
	if (stream->skipped > 0 || stream->filled < MESSAGE_HEAD)
		return -EAGAIN;
	size = message_size(stream->bytes);
	if (size == 0)
		return -EPROTO;
	if (size > sizeof(stream->bytes)) {
		stream->skipped = size;
		return 0;
	}
	if (stream->filled < size)
		return -EAGAIN;
	if (!message_parse(stream->bytes, (size_t)size, &head))
		return -EPROTO;
	if (!each(&head, context)) {
		stream->kept = (size_t)size;
		return -EAGAIN;
	}
	drop(stream, (size_t)size);
	return 0;
}

static void drop(struct stream *stream, size_t length)
{
	stream->filled -= length;
	memmove(stream->bytes, stream->bytes + length, stream->filled);
}
