/* The verb `start-guest`: begins a guest as its runtime does, so that it is nobody's of hostler: it goes on without executor and agent. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "run_detached.h"
#include "start_words.h"
#include "systemd_units.h"
#include "task.h"
#include "verbs.h"

enum { TASKS_MAX = 64, TASK_SECONDS = 90, MACHINE_NAME_MAX = 64, RUNTIME = 1, NAME, FOLDER };
enum { START_MS = 3000, FIRST_MS = 500, PAUSE_MS = 50 };

/* The one that LXC's own unit means. */
static const char usual_folder[] = "/var/lib/lxc";

static bool is_machine(const char *name);
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
	if ((!is_lxc && strcmp(request->word[RUNTIME], "nspawn") != 0) ||
	    /* LXC takes what can be a folder. It becomes an argument and, escaped, part of a unit's name. */
	    (is_lxc ? !is_name(request->word[NAME]) : !is_machine(request->word[NAME])) ||
	    (has_folder && (!is_lxc || !is_folder(request->word[FOLDER]))))
		return malformed(request, failure);
	return task_begin(&kind, request->word[NAME], request, failure);
}

/* As systemd wants it of a machine. */
static bool is_machine(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t length = strlen(name);

	return length > 0 && length <= MACHINE_NAME_MAX && name[0] != '.' && name[0] != '-' && !strstr(name, "..") &&
	       strspn(name, allowed) == length;
}

static bool is_folder(const char *folder)
{
	return folder[0] == '/' && strlen(folder) < PATH_MAX && is_one_line(folder);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *name = request->word[NAME], *folder = request->words > FOLDER ? request->word[FOLDER] : NULL;
	bool is_lxc = strcmp(request->word[RUNTIME], "lxc") == 0;

	(void)answer;
	if (!systemd_runs())
		return is_lxc ? start_lxc(name, folder, failure) : fail(failure, ENOTSUP, "systemd", name);
	if (is_lxc && (!is_unit_instance(name) || (folder && strcmp(folder, usual_folder) != 0)))
		return start_beside(name, folder ? folder : usual_folder, failure);
	return start_unit(is_lxc ? "lxc" : "systemd-nspawn", name, failure);
}

static int start_unit(const char *template, const char *name, struct failure *failure)
{
	char unit[UNIT_NAME_BYTES];
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
	char result[64] = "", words[UNIT_NAME_BYTES + sizeof(result)];

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
	static const char stops[] = "--property=ExecStop=/usr/bin/lxc-stop -P ";
	char unit[UNIT_NAME_BYTES + sizeof("--unit=")] = "--unit=", stop[sizeof(stops) + 4 * (PATH_MAX + NAME_MAX) + 8];
	char own_folder[2 * PATH_MAX], own_name[2 * NAME_MAX + 1], *end;
	const char *words[] = {
		"systemd-run", "--quiet", "--collect", unit, "--property=Delegate=yes", "--property=KillMode=mixed",
		"--property=TimeoutStopSec=120s", "--property=Before=hostler-guests.service", stop, "--", "lxc-start",
		"-F", "-P", own_folder, "-n", own_name, NULL,
	};

	put_unit_name(unit + strlen(unit), "hostler-lxc-", name);
	end = put_property_word(stpcpy(stop, stops), folder);
	put_property_word(stpcpy(end, " -n "), name);
	put_argument(own_folder, folder);
	put_argument(own_name, name);
	return run_detached(words, failure);
}
