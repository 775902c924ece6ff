#include "silent_disks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "guest.h"
#include "process_stat.h"

enum { SILENT_MAX = 64, PID_BITS = 22 };

/* Who was left behind, by number and start in one, so that whoever sees the one sees the other; 0: nobody yet. */
struct silent {
	_Atomic uint64_t waits, diskseq;
};

static struct silent *silent;

static bool is_silent(uint64_t diskseq);
static struct silent *free_place(uint64_t *former);
static bool still_waits(uint64_t waits);
static void remember(uint64_t diskseq, pid_t left);

void silent_disks_open(void)
{
	silent = mmap(NULL, SILENT_MAX * sizeof(*silent), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (silent == MAP_FAILED)
		silent = NULL;
}

int disk_ask(uint64_t diskseq, const struct asking *asking)
{
	uint64_t former;
	pid_t left;
	int error;

	if (!silent || is_silent(diskseq) || !free_place(&former))
		return -EBUSY;
	error = apart_ask(asking, &left);
	if (error == -ETIMEDOUT)
		remember(diskseq, left);
	return error;
}

/* A disk's number of use is never another one's. */
static bool is_silent(uint64_t diskseq)
{
	for (int i = 0; i < SILENT_MAX; i++)
		if (atomic_load(&silent[i].diskseq) == diskseq)
			return true;
	return false;
}

/* Nobody's, else that of one who waits no more: what is asked again then may cost the time once more, but no process. */
static struct silent *free_place(uint64_t *former)
{
	for (int i = 0; i < SILENT_MAX; i++)
		if ((*former = atomic_load(&silent[i].waits)) == 0)
			return &silent[i];
	for (int i = 0; i < SILENT_MAX; i++)
		if (!still_waits(*former = atomic_load(&silent[i].waits)))
			return &silent[i];
	return NULL;
}

static bool still_waits(uint64_t waits)
{
	struct process_stat process;

	return process_stat((pid_t)(waits & ((1 << PID_BITS) - 1)), &process) == 0 &&
	       process.start_time == waits >> PID_BITS && process.state != 'Z' && process.state != 'X';
}

static void remember(uint64_t diskseq, pid_t left)
{
	unsigned long long start_time = 0;
	struct silent *place;
	uint64_t former;

	(void)process_start_time(left, &start_time);
	while ((place = free_place(&former)))
		if (atomic_compare_exchange_strong(&place->waits, &former, start_time << PID_BITS | (uint64_t)left)) {
			atomic_store(&place->diskseq, diskseq);
			return;
		}
}
