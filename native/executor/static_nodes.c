#include "static_nodes.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* A distribution's kernel has about 30 lines of 30 bytes; what is beyond this is not believed. */
enum { MODULES_BYTES = 32768 };

static ssize_t read_modules(char *text, size_t size);
static bool line_is(char *line, const struct device_number *number);

bool is_static_node(const struct device_number *number)
{
	static char text[MODULES_BYTES + 1];
	char *end, *line = text;
	ssize_t length = read_modules(text, MODULES_BYTES);

	if (length < 0)
		return false;
	text[length] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (line_is(line, number))
			return true;
	}
	return false;
}

/* Written by depmod(8) for each kernel. */
static ssize_t read_modules(char *text, size_t size)
{
	struct utsname kernel;
	char path[128];
	size_t length = 0;
	ssize_t got = 1;

	if (uname(&kernel) < 0)
		return -1;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.devname", kernel.release);
	autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (; got > 0 && length < size; length += (size_t)got) {
		got = read(fd, text + length, size - length);
		if (got < 0)
			return -1;
	}
	return (ssize_t)length;
}

/* `MODULE NODE cMAJOR:MINOR` */
static bool line_is(char *line, const struct device_number *number)
{
	const char *word = strrchr(line, ' ');
	char wanted[32];

	snprintf(wanted, sizeof(wanted), "%c%u:%u", number->type, number->major, number->minor);
	return line[0] != '#' && word && strcmp(word + 1, wanted) == 0;
}
