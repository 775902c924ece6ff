#include "trace_line.h"

#include <stdio.h>
#include <string.h>

#include "executor.h"

static bool next_line(struct trace_lines *lines, const char **at, const char *end);
static bool read_refusal(char *line, struct trace_line *found);
static bool read_lost(char *line, struct trace_line *found);

bool trace_line_take(struct trace_lines *lines, const char **at, const char *end, struct trace_line *found)
{
	while (next_line(lines, at, end)) {
		bool is_taken;

		*found = (struct trace_line){ 0 };
		is_taken = !lines->is_too_long && (read_lost(lines->text, found) || read_refusal(lines->text, found));
		*lines = (struct trace_lines){ 0 };
		if (is_taken)
			return true;
	}
	return false;
}

/* A read may end within a line. */
static bool next_line(struct trace_lines *lines, const char **at, const char *end)
{
	while (*at < end) {
		char byte = *(*at)++;

		if (byte == '\n') {
			lines->text[lines->length] = '\0';
			return true;
		}
		if (byte == '\0' || lines->length + 1 == sizeof(lines->text))
			lines->is_too_long = true;
		else
			lines->text[lines->length++] = byte;
	}
	return false;
}

/* `THREAD CPU TIME type: EVENT`; the kernel's filter lets refusals pass alone. */
static bool read_refusal(char *line, struct trace_line *found)
{
	static const char *const before[] = { "", "", "", "type:", "" };
	unsigned long number[5];

	for (int i = 0; i < 5; i++) {
		char *word = strsep(&line, " ");

		if (!word)
			return false;
		if (*before[i] ? strcmp(word, before[i]) != 0 : !parse_unsigned(word, ~0UL, &number[i]))
			return false;
	}
	found->thread = (pid_t)(number[0] <= TRACE_PID_MAX ? number[0] : 0);
	return !line && found->thread > 0;
}

/* `CPU:N [LOST COUNT EVENTS]`, or without COUNT where the kernel does not know it. */
static bool read_lost(char *line, struct trace_line *found)
{
	static const char begin[] = "CPU:", lost[] = " [LOST ", end[] = " EVENTS]";
	char copy[TRACE_LINE_BYTES], *count, *rest;

	strcpy(copy, line);
	count = strncmp(copy, begin, sizeof(begin) - 1) == 0 ? strstr(copy, lost) : NULL;
	if (!count)
		return false;
	count += sizeof(lost) - 1;
	rest = strstr(count - 1, end);
	if (!rest || rest[sizeof(end) - 1])
		return false;
	found->lost = 1;
	if (rest < count)
		return true;
	*rest = '\0';
	return parse_unsigned(count, ~0UL, &found->lost) && found->lost > 0;
}
