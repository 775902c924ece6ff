/* The verb `limit`: control files of a guest's cgroup. Some make the writer wait until memory has been taken back. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "cgroups.h"
#include "limit_words.h"
#include "limited.h"
#include "task.h"
#include "verbs.h"

enum { CHANGES_MAX = 64, TASKS_MAX = 256, WRITE_SECONDS = 10, AGAIN_US = 100000, TASK_SECONDS = 90 };

static struct guest guest;
static struct change {
	const char *file, *value;
	int cgroup;
} changes[CHANGES_MAX];
static int count;
static volatile sig_atomic_t is_late;

static bool read_change(char *word, struct change *change);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int open_all(struct failure *failure);
static int write_in_time(const struct change *change);
static void set_alarm(unsigned int seconds);
static void ring(int number);

int verb_limit(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "limit", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	count = request->words - 4;
	if (count > CHANGES_MAX || !limited_read(request, &guest))
		return malformed(request, failure);
	for (int i = 0; i < count; i++)
		if (!read_change(request->word[4 + i], &changes[i]))
			return malformed(request, failure);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

static bool read_change(char *word, struct change *change)
{
	change->file = strsep(&word, "=");
	change->value = word;
	return word && is_limit_file(change->file) && is_limit_value(change->file, change->value);
}

/* Nothing is written before everything was looked at. */
static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	(void)answer;
	if (limited_open(&guest, failure) < 0 || open_all(failure) < 0 || limited_check(&guest, failure) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		int error = write_in_time(&changes[i]);

		if (error < 0)
			return fail(failure, -error, "limit", changes[i].file);
	}
	return 0;
}

static int open_all(struct failure *failure)
{
	for (int i = 0; i < count; i++) {
		char controller[CONTROLLER_BYTES];

		controller_of(changes[i].file, controller);
		changes[i].cgroup = limited_cgroup(&guest, controller);
		if (changes[i].cgroup < 0)
			return fail(failure, -changes[i].cgroup, "cgroup", changes[i].file);
	}
	return 0;
}

/* The kernel calls it done where a signal ended it (memory.max), so that its word alone says little. */
static int write_in_time(const struct change *change)
{
	int error;

	is_late = false;
	set_alarm(WRITE_SECONDS);
	error = cgroup_write(change->cgroup, change->file, change->value);
	set_alarm(0);
	return is_late ? -ETIMEDOUT : error;
}

/* Again and again from then on: the first may come just before the write. */
static void set_alarm(unsigned int seconds)
{
	struct sigaction action = { .sa_handler = ring };
	struct itimerval timer = { .it_value.tv_sec = seconds, .it_interval.tv_usec = seconds ? AGAIN_US : 0 };

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
}

static void ring(int number)
{
	(void)number;
	is_late = true;
}
