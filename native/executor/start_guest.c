/* The verb `start-guest`: begins a guest as its runtime does, so that it is nobody's of hostler: it goes on without executor and agent. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "run_detached.h"
#include "systemd_units.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 64, TASK_SECONDS = 90, NAME_MAX_BYTES = 64, RUNTIME = 1, NAME, FOLDER };
enum { START_MS = 3000, FIRST_MS = 500, PAUSE_MS = 50 };

/* The one that LXC's own unit means. */
static const char usual_folder[] = "/var/lib/lxc";

static bool is_name(const char *name);
static bool is_folder(const char *folder);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int start_unit(const char *template, const char *name, struct failure *failure);
static int await_start(const char *unit, struct failure *failure);
static int tell_result(const char *unit, struct failure *failure);
static int start_lxc(const char *name, const char *folder, struct failure *failure);
static int start_beside(const char *name, const char *folder, struct failure *failure);

int verb_start_guest(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "start-guest", perform, TASK_SECONDS, TASKS_MAX, true, 0 };
	bool is_lxc = strcmp(request->word[RUNTIME], "lxc") == 0, has_folder = request->words > FOLDER;

	(void)answer;
	if ((!is_lxc && strcmp(request->word[RUNTIME], "nspawn") != 0) || !is_name(request->word[NAME]) ||
	    (has_folder && (!is_lxc || !is_folder(request->word[FOLDER]))))
		return malformed(request, failure);
	return task_begin(&kind, request->word[NAME], request, failure);
}

/* It becomes part of a unit's name, an argument, and the name of a folder. */
static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strlen(name);

	return length > 0 && length <= NAME_MAX_BYTES && name[0] != '.' && name[0] != '-' && !strstr(name, "..") &&
	       strspn(name, allowed) == length;
}

static bool is_folder(const char *folder)
{
	return folder[0] == '/' && strlen(folder) < 1024 && !strpbrk(folder, "\n%$\"'\\ ");
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *name = request->word[NAME], *folder = request->words > FOLDER ? request->word[FOLDER] : NULL;
	bool is_lxc = strcmp(request->word[RUNTIME], "lxc") == 0;

	(void)answer;
	if (!systemd_runs())
		return is_lxc ? start_lxc(name, folder, failure) : fail(failure, ENOTSUP, "systemd", name);
	if (folder && strcmp(folder, usual_folder) != 0)
		return start_beside(name, folder, failure);
	return start_unit(is_lxc ? "lxc" : "systemd-nspawn", name, failure);
}

static int start_unit(const char *template, const char *name, struct failure *failure)
{
	char unit[2 * NAME_MAX_BYTES];
	int result;

	snprintf(unit, sizeof(unit), "%s@%s.service", template, name);
	units_begin();
	result = unit_start(unit, failure);
	if (result == 0)
		result = await_start(unit, failure);
	units_end();
	return result;
}

/* What runs at first may end at once; what takes longer is begun. However long a look takes, the last one is after that time. */
static int await_start(const char *unit, struct failure *failure)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	uint64_t until = now_ms() + START_MS, looked;
	bool runs = false;

	do {
		char state[32] = "";
		int waits;

		looked = now_ms();
		units_begin();
		waits = unit_waits(unit, failure);
		if (waits < 0 ||
		    unit_text_get(unit, "org.freedesktop.systemd1.Unit", "ActiveState", state, sizeof(state), failure) < 0)
			return -1;
		/* As long as it has to wait for others it is what it was, also failed, if its last start did. */
		if (!waits && (strcmp(state, "failed") == 0 || (runs && strcmp(state, "inactive") == 0)))
			return tell_result(unit, failure);
		if (!runs && strcmp(state, "active") == 0) {
			runs = true;
			until = now_ms() + FIRST_MS;
		}
		(void)nanosleep(&pause, NULL);
	} while (looked < until);
	return 0;
}

static int tell_result(const char *unit, struct failure *failure)
{
	char result[64] = "", words[2 * NAME_MAX_BYTES + sizeof(result)];

	if (unit_text_get(unit, "org.freedesktop.systemd1.Service", "Result", result, sizeof(result), failure) < 0)
		return -1;
	snprintf(words, sizeof(words), "%s %s", unit, result);
	return fail(failure, EREMOTEIO, "result", words);
}

static int start_lxc(const char *name, const char *folder, struct failure *failure)
{
	const char *words[] = { "lxc-start", "-d", "-n", name, folder ? "-P" : NULL, folder, NULL };

	return run_detached(words, failure);
}

static int start_beside(const char *name, const char *folder, struct failure *failure)
{
	char unit[2 * NAME_MAX_BYTES], stop[2048];
	const char *words[] = {
		"systemd-run", "--quiet", "--collect", unit, "--property=Delegate=yes", "--property=KillMode=mixed",
		"--property=TimeoutStopSec=120s", "--property=Before=hostler-guests.service", stop, "--", "lxc-start",
		"-F", "-P", folder, "-n", name, NULL,
	};

	snprintf(unit, sizeof(unit), "--unit=hostler-lxc-%s.service", name);
	snprintf(stop, sizeof(stop), "--property=ExecStop=/usr/bin/lxc-stop -P %s -n %s", folder, name);
	return run_detached(words, failure);
}
