#include "counters.h"

#include <stdio.h>
#include <unistd.h>

#include "executor.h"
#include "notices.h"
#include "verbs.h"
#include "worker.h"

static uint64_t counters[COUNTER_COUNT];

static unsigned long long resident_bytes(void);

int verb_status(const struct request *request, struct answer *answer, struct failure *failure)
{
#define COUNTER_NAME(id, name) name,
	static const char *const names[] = { COUNTERS(COUNTER_NAME) };

	(void)request;
	(void)failure;
	for (int i = 0; i < COUNTER_COUNT; i++)
		answer_row(answer, "%s %llu", names[i], (unsigned long long)counters[i]);
	for (int i = UEVENT_SENDER; i < UEVENT_VERDICTS; i++)
		answer_row(answer, "uevents-refused-%s %llu", uevent_verdict_name((enum uevent_verdict)i),
			   (unsigned long long)refused_total((enum uevent_verdict)i));
	answer_row(answer, "uevents-buffer %d", uevents_buffer_bytes());
	answer_row(answer, "workers %d", worker_count());
	answer_row(answer, "resident-bytes %llu", resident_bytes());
	return 0;
}

void count(enum counter counter)
{
	counters[counter]++;
}

static unsigned long long resident_bytes(void)
{
	unsigned long long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm)
		return 0;
	if (fscanf(statm, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(statm);
	return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}
