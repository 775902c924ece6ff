#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"

static void put_line(struct answer *answer, const char *kind, const char *format, va_list words)
	__attribute__((format(printf, 3, 0)));

void answer_row(struct answer *answer, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	put_line(answer, "row", format, words);
	va_end(words);
}

void answer_ok(struct answer *answer, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	put_line(answer, "ok", format, words);
	va_end(words);
	answer->said_ok = true;
}

void answer_fail(const struct answer *answer, const struct failure *failure)
{
	char call[3 * sizeof(failure->call) + 2], subject[3 * sizeof(failure->subject) + 2];
	char line[sizeof(call) + sizeof(subject) + 96];
	int length = snprintf(line, sizeof(line), "%lu.%lu fail %d %s %s\n", answer->plan, answer->step, failure->error,
			      encode(failure->call, call, sizeof(call)),
			      encode(failure->subject, subject, sizeof(subject)));

	answer->write(line, (size_t)length);
}

int answer_end(struct answer *answer, int result, struct failure *failure)
{
	if (answer->too_long && result == 0)
		result = fail(failure, EMSGSIZE, "protocol", "answer");
	if (result < 0)
		answer_fail(answer, failure);
	else if (!answer->said_ok)
		answer_ok(answer, "%s", "");
	return result;
}

static void put_line(struct answer *answer, const char *kind, const char *format, va_list words)
{
	static char line[LINE_MAX_BYTES + 1];
	int head = snprintf(line, sizeof(line), "%lu.%lu %s ", answer->plan, answer->step, kind);
	int body = vsnprintf(line + head, sizeof(line) - (size_t)head, format, words);

	if (body < 0 || head + body + 1 > LINE_MAX_BYTES) {
		answer->too_long = true;
		return;
	}
	if (body == 0)
		head--;
	line[head + body] = '\n';
	answer->write(line, (size_t)(head + body) + 1);
}
