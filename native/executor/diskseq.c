#include "diskseq.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_diskseq(const struct device_number *number);

int diskseq_check(const struct request *request, const struct device_number *number, const char *diskseq,
		  struct failure *failure)
{
	unsigned long wanted, now;
	char subject[32];

	if (!diskseq)
		return 0;
	if (number->type != 'b' || !parse_unsigned(diskseq, LONG_MAX, &wanted))
		return malformed(request, failure);
	if (diskseq_read(number, &now) && now == wanted)
		return 0;
	snprintf(subject, sizeof(subject), "b:%u:%u", number->major, number->minor);
	return fail(failure, ESTALE, "diskseq", subject);
}

const char *optional_word(const struct request *request, int place)
{
	return place < request->words ? request->word[place] : NULL;
}

bool diskseq_read(const struct device_number *number, unsigned long *diskseq)
{
	autofd int fd = open_diskseq(number);
	char text[32];
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (length < 0)
		return false;
	text[length] = '\0';
	*strchrnul(text, '\n') = '\0';
	return parse_unsigned(text, LONG_MAX, diskseq);
}

/* A partition's folder lies in its disk's. */
static int open_diskseq(const struct device_number *number)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/diskseq", number->major, number->minor);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../diskseq", number->major, number->minor);
	return open(path, O_RDONLY | O_CLOEXEC);
}
