/* The verbs `limit` and `limit-by-force`: control files of a guest's cgroup. Some make the writer wait until memory has been taken back. */
#include <errno.h>
#include <string.h>

#include "cgroups.h"
#include "limit_words.h"
#include "limit_write.h"
#include "limited.h"
#include "task.h"
#include "verbs.h"

enum { CHANGES_MAX = 64, TASKS_MAX = 256, TASK_SECONDS = 90 };

static struct guest guest;
static struct change {
	const char *file, *value;
	int cgroup;
} changes[CHANGES_MAX];
static int count;
static int (*write_one)(int cgroup, const char *file, const char *value, struct failure *failure);

static int begin(const struct request *request, struct failure *failure);
static bool read_change(char *word, struct change *change);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int open_all(struct failure *failure);

int verb_limit(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	write_one = limit_write;
	return begin(request, failure);
}

int verb_limit_by_force(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	write_one = limit_write_by_force;
	return begin(request, failure);
}

static int begin(const struct request *request, struct failure *failure)
{
	static struct task_kind kind = { "limit", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

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
	for (int i = 0; i < count; i++)
		if (write_one(changes[i].cgroup, changes[i].file, changes[i].value, failure) < 0)
			return -1;
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
