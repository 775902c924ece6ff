#include "process_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

/* The kernel's PF_FORKNOEXEC: forked, and no exec since. */
enum { FORKED_ONLY = 0x40 };

/* The name of the program comes first, and may hold anything but a parenthesis at the end of it. */
int process_stat(pid_t pid, struct process_stat *stat)
{
	static const char after_comm[] = ") %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu";
	char text[1024];
	const char *comm_end;
	unsigned int flags;
	int error = process_line(pid, "stat", text, sizeof(text));

	if (error < 0)
		return error;
	comm_end = strrchr(text, ')');
	if (!comm_end || sscanf(comm_end, after_comm, &stat->state, &stat->parent, &flags, &stat->start_time) != 4)
		return -ESRCH;
	stat->has_begun = !(flags & FORKED_ONLY);
	return 0;
}

int process_start_time(pid_t pid, unsigned long long *start_time)
{
	struct process_stat stat;
	int error = process_stat(pid, &stat);

	if (error == 0)
		*start_time = stat.start_time;
	return error;
}

int process_line(pid_t pid, const char *file, char *line, size_t size)
{
	char path[64];
	ssize_t got;

	line[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, line, size - 1);
	if (got < 0)
		return -errno;
	line[got > 0 && line[got - 1] == '\n' ? got - 1 : got] = '\0';
	return 0;
}
