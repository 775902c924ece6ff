/*
 * Tries a node from inside a guest's cgroup again and again: doorbell CGROUP.PROCS NODE. Prints "open MICROSECONDS" or
 * "refused MICROSECONDS", of the monotonic clock, at first and whenever it is another than before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_US = 500 };

int main(int count, char **argument)
{
	int procs = count == 3 ? open(argument[1], O_WRONLY | O_CLOEXEC) : -1, before = -1;
	const struct timespec pause = { .tv_nsec = PAUSE_US * 1000 };

	if (procs < 0 || write(procs, "0", 1) != 1) {
		perror("doorbell");
		return 1;
	}
	for (;; nanosleep(&pause, NULL)) {
		int node = open(argument[2], O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), now = node >= 0;
		struct timespec at;

		if (node >= 0)
			close(node);
		if (now == before)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &at);
		printf("%s %ld\n", now ? "open" : "refused", at.tv_sec * 1000000 + at.tv_nsec / 1000);
		fflush(stdout);
		before = now;
	}
}
