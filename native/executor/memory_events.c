#include "memory_events.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "executor.h"

enum { TEXT_BYTES = 512, WORD_BYTES = 64 };

static long count_of(int file, const char *name);

struct memory_events memory_events_open(int cgroup)
{
	int file = openat(cgroup, "memory.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return (struct memory_events){ file, count_of(file, "oom"), count_of(file, "oom_kill") };
}

void memory_events_close(const struct memory_events *events)
{
	if (events->file >= 0)
		close(events->file);
}

bool memory_has_run_out(const struct memory_events *events)
{
	return count_of(events->file, "oom") > events->outs;
}

bool memory_has_killed(const struct memory_events *events)
{
	return count_of(events->file, "oom_kill") > events->kills;
}

/* From its beginning, which is also what makes the kernel tell of the next change. -1: it does not say. */
static long count_of(int file, const char *name)
{
	char text[TEXT_BYTES], line[WORD_BYTES], number[WORD_BYTES];
	ssize_t length = pread(file, text + 1, sizeof(text) - 2, 0);
	unsigned long count;
	const char *found;

	if (length <= 0)
		return -1;
	text[0] = '\n';
	text[1 + length] = '\0';
	snprintf(line, sizeof(line), "\n%s ", name);
	found = strstr(text, line);
	if (!found)
		return -1;
	found += strlen(line);
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(found, "\n"), found);
	return parse_unsigned(number, LONG_MAX, &count) ? (long)count : -1;
}
