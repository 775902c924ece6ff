#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "output.h"

/*
 * Hints end first, then events, then nothing new is read. What lies above is for the answers to requests that were
 * taken before: every one of them finds room. Pages that are never written cost nothing.
 */
enum { HINT_BYTES = 1 << 19, ROOM_BYTES = 1 << 20, BUFFER_BYTES = 1 << 24 };

static int agent = -1;
static void (*on_room)(void);
static char buffer[BUFFER_BYTES];
static size_t start, end;

static void say(const char *format, va_list words) __attribute__((format(printf, 1, 0)));
static void make_room(void);

void output_open(int socket, void (*roomy)(void))
{
	agent = socket;
	on_room = roomy;
}

/* An answer that finds no room is a broken promise to the agent: better to end, and be started again. */
void output_write(const char *lines, size_t length)
{
	if (end + length > sizeof(buffer))
		make_room();
	if (end + length > sizeof(buffer))
		abort();
	memcpy(buffer + end, lines, length);
	end += length;
}

void emit(const char *format, ...)
{
	va_list words;

	va_start(words, format);
	if (output_has_room())
		say(format, words);
	va_end(words);
}

void emit_surely(const char *format, ...)
{
	va_list words;

	va_start(words, format);
	say(format, words);
	va_end(words);
}

static void say(const char *format, va_list words)
{
	static char line[LINE_MAX_BYTES + 1];
	int head = snprintf(line, sizeof(line), "event ");
	int body = vsnprintf(line + head, sizeof(line) - (size_t)head, format, words);

	if (body < 0 || head + body + 1 > LINE_MAX_BYTES)
		return;
	line[head + body] = '\n';
	output_write(line, (size_t)(head + body) + 1);
}

bool output_is_full(void)
{
	return end - start >= HINT_BYTES;
}

bool output_flush(void)
{
	bool had_room = output_has_room();

	while (start < end) {
		ssize_t sent = send(agent, buffer + start, end - start, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0)
			return false;
		start += (size_t)sent;
	}
	if (start == end)
		start = end = 0;
	if (!had_room && output_has_room())
		on_room();
	return true;
}

bool output_has_room(void)
{
	return end - start < ROOM_BYTES;
}

bool output_is_waiting(void)
{
	return start < end;
}

static void make_room(void)
{
	memmove(buffer, buffer + start, end - start);
	end -= start;
	start = 0;
}
