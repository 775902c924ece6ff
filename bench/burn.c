/*
 * A load on the processors: burn spin THREADS, for ever; burn waves MS MS SEED, on and off for random times that are so long on
 * average; burn work MS, so much CPU time and no more. Whoever ends it ends all of it.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void busy(clockid_t clock, uint64_t ns)
{
	uint64_t until = now_ns(clock) + ns;

	while (now_ns(clock) < until)
		;
}

/* Twice as long at most: the same loads at the same seed. */
static uint64_t random_ns(uint64_t *seed, uint64_t average_ms)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % (2 * average_ms * 1000000 + 1);
}

static void waves(uint64_t on_ms, uint64_t off_ms, uint64_t seed)
{
	for (;;) {
		busy(CLOCK_MONOTONIC, random_ns(&seed, on_ms));
		uint64_t off = random_ns(&seed, off_ms);
		nanosleep(&(struct timespec){ (time_t)(off / 1000000000), (long)(off % 1000000000) }, NULL);
	}
}

static void spin(int threads)
{
	pid_t first = getpid();

	for (int i = 1; i < threads; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != first)
				_exit(0);
			break;
		}
	for (;;)
		;
}

int main(int count, char **word)
{
	const char *load = count > 2 ? word[1] : "";

	if (strcmp(load, "spin") == 0)
		spin(atoi(word[2]));
	if (strcmp(load, "waves") == 0 && count == 5)
		waves(strtoull(word[2], NULL, 10), strtoull(word[3], NULL, 10), strtoull(word[4], NULL, 10) + 1);
	if (strcmp(load, "work") != 0)
		return 2;
	busy(CLOCK_PROCESS_CPUTIME_ID, strtoull(word[2], NULL, 10) * 1000000);
	return 0;
}
