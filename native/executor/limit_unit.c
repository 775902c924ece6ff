/* The verb `limit-unit`: the limits of a guest whose cgroup is a unit of systemd, which writes its control files itself. */
#include <errno.h>
#include <string.h>

#include "access.h"
#include "limited.h"
#include "systemd_units.h"
#include "task.h"
#include "verbs.h"

enum { NUMBERS_MAX = 32, TASKS_MAX = 256, TASK_SECONDS = 30 };

static struct guest guest;
static struct unit_number numbers[NUMBERS_MAX];
static int count;

static bool read_number(char *word, struct unit_number *number);
static bool is_limit(const char *name);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);

int verb_limit_unit(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "limit-unit", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	count = request->words - 4;
	if (count > NUMBERS_MAX || !limited_read(request, &guest))
		return malformed(request, failure);
	for (int i = 0; i < count; i++)
		if (!read_number(request->word[4 + i], &numbers[i]))
			return malformed(request, failure);
	if (!unit_at(guest.cgroup))
		return fail(failure, EPERM, "unit", guest.cgroup);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

static bool read_number(char *word, struct unit_number *number)
{
	unsigned long value = UINT64_MAX;

	number->name = strsep(&word, "=");
	if (!word || !is_limit(number->name) || (strcmp(word, "max") != 0 && !parse_unsigned(word, UINT64_MAX - 1, &value)))
		return false;
	number->value = value;
	return true;
}

/* Of those that systemd takes as a number. */
static bool is_limit(const char *name)
{
	static const char *const names[] = {
		"MemoryMin", "MemoryLow", "MemoryHigh", "MemoryMax", "MemorySwapMax", "MemoryLimit",
		"CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "CPUWeight", "CPUShares",
		"TasksMax", "IOWeight", "BlockIOWeight",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	int cgroup, result;

	(void)request;
	(void)answer;
	if (limited_open(&guest, failure) < 0)
		return -1;
	cgroup = limited_cgroup(&guest, "devices");
	if (cgroup < 0)
		return fail(failure, -cgroup, "cgroup", guest.cgroup);
	units_begin();
	result = unit_numbers_set(unit_at(guest.cgroup), numbers, count, failure);
	units_end();
	return result;
}
