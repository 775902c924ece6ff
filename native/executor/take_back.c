/*
 * The verb `take-back`: what systemd keeps with a service when the guest in it has ended. Nobody has a worker then, and systemd
 * takes its time.
 */
#include <errno.h>
#include <string.h>

#include "access.h"
#include "task.h"
#include "verbs.h"

enum { UNIT_MAX = 255, UNITS_KNOWN = 256, TASKS_MAX = 16, TASK_SECONDS = 30 };

/* Those of guests that were opened; the oldest is forgotten first. */
static char known[UNITS_KNOWN][UNIT_MAX + 1];
static unsigned int units;
static struct allowance list[ALLOWANCES_MAX + 1]; /* of the request that is looked at */

static bool is_known(const char *unit);
static bool is_of_machine(const char *unit);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);

int verb_take_back(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "take-back", perform, TASK_SECONDS, TASKS_MAX, false, 0 };
	const char *unit = unit_at(request->word[1]);

	(void)answer;
	if (read_allowances(request, list, failure) < 0)
		return -1;
	if (!unit || !unit_is_guests(unit))
		return fail(failure, EPERM, "unit", request->word[1]);
	return task_begin(&kind, unit, request, failure);
}

/* A row of guest-open: the unit that the guest was found to be in. */
bool take_back_on_row(const char *guest, int words, char **word)
{
	(void)guest;
	if (words == 1 && strlen(word[0]) <= UNIT_MAX && !is_known(word[0]))
		strcpy(known[units++ % UNITS_KNOWN], word[0]);
	return true;
}

/* What is no guest's is not touched, whoever asks. A scope goes with its processes, and its list with it. */
bool unit_is_guests(const char *unit)
{
	return is_suffix(unit, ".service") && (is_known(unit) || is_of_machine(unit));
}

static bool is_known(const char *unit)
{
	for (int i = 0; i < UNITS_KNOWN; i++)
		if (strcmp(known[i], unit) == 0)
			return true;
	return false;
}

static bool is_of_machine(const char *unit)
{
	static const char prefix[] = "systemd-nspawn@", suffix[] = ".service";
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\";
	size_t length = strlen(unit), outside = sizeof(prefix) - 1 + sizeof(suffix) - 1;

	return length > outside && length <= UNIT_MAX && strncmp(unit, prefix, sizeof(prefix) - 1) == 0 &&
	       strspn(unit + sizeof(prefix) - 1, allowed) == length - (sizeof(prefix) - 1);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return unit_take_back(unit_at(request->word[1]), list, failure);
}
