#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "cgroups.h"

typedef int level_fn(int cgroup, const struct allowance *change);

static int each_level(const struct guest *guest, level_fn *act, const char *call, const struct allowance *change,
		      struct failure *failure);
static int allow(int cgroup, const struct allowance *change);
static int deny(int cgroup, const struct allowance *change);
static int close_level(int cgroup, const struct allowance *set);
static void write_entry(const struct allowance *allowance, char *line, size_t size);
static bool read_entry(const char *line, struct allowance *entry);
static const char *read_list(int cgroup);
static bool is_allow_all(int cgroup);
static bool lists(int cgroup, const struct allowance *wanted);

/* Nothing that is refused above is allowed below: the innermost level has the last word. */
bool v1_is_open(const struct guest *guest)
{
	autofd int cgroup = open_of_init(guest);

	return cgroup >= 0 && is_allow_all(cgroup);
}

int v1_list(const struct guest *guest, struct answer *answer, struct failure *failure)
{
	autofd int cgroup = open_of_init(guest);
	const char *line = cgroup < 0 ? NULL : read_list(cgroup);
	struct allowance entry;
	int count = 0;

	if (!line)
		return fail(failure, errno, "read", "devices.list");
	for (; line && read_entry(line, &entry); line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		allowance_row(answer, &entry, "");
		count++;
	}
	answer_ok(answer, "%d %s", count, policy_word(guest));
	return 0;
}

int v1_grant(const struct guest *guest, const struct allowance *allowance, struct failure *failure)
{
	return each_level(guest, allow, "devices.allow", allowance, failure);
}

int v1_revoke(const struct guest *guest, const struct allowance *allowance, struct failure *failure)
{
	return each_level(guest, deny, "devices.deny", allowance, failure);
}

/* The kernel closes a cgroup only while it has no children, so the innermost is closed. */
int v1_confine(const struct guest *guest, struct failure *failure)
{
	char innermost[PATH_MAX];
	int error;

	find_init(guest, innermost);
	autofd int cgroup = cgroup_open(innermost);
	error = cgroup < 0 ? cgroup : close_level(cgroup, standard_set);
	return error < 0 ? fail(failure, -error, "devices.deny", innermost) : 0;
}

static int each_level(const struct guest *guest, level_fn *act, const char *call, const struct allowance *change,
		      struct failure *failure)
{
	char innermost[PATH_MAX], level[PATH_MAX] = "";

	find_init(guest, innermost);
	while (next_level(guest, innermost, level)) {
		autofd int cgroup = cgroup_open(level);
		int error = cgroup < 0 ? cgroup : is_allow_all(cgroup) ? 0 : act(cgroup, change);

		if (error < 0)
			return fail(failure, -error, call, level);
	}
	return 0;
}

/* Read back: the kernel takes the write and may still not have what was meant. */
static int allow(int cgroup, const struct allowance *change)
{
	char line[64];
	int error;

	write_entry(change, line, sizeof(line));
	error = cgroup_write(cgroup, "devices.allow", line);
	if (error < 0)
		return error;
	return lists(cgroup, change) ? 0 : -EPERM;
}

static int deny(int cgroup, const struct allowance *change)
{
	char line[64];

	write_entry(change, line, sizeof(line));
	return cgroup_write(cgroup, "devices.deny", line);
}

static int close_level(int cgroup, const struct allowance *set)
{
	int error = cgroup_write(cgroup, "devices.deny", "a");

	for (; error == 0 && set->type; set++)
		error = allow(cgroup, set);
	return error;
}

static void write_entry(const struct allowance *allowance, char *line, size_t size)
{
	char minor[24] = "*", access[4];

	if (allowance->minor != ANY)
		snprintf(minor, sizeof(minor), "%ld", allowance->minor);
	snprintf(line, size, "%c %ld:%s %s", allowance->type, allowance->major, minor,
		 access_word(allowance->access, access));
}

/* `c 136:* rwm`; false at the end. */
static bool read_entry(const char *line, struct allowance *entry)
{
	char major[16], minor[16], access[8];
	long values[2] = { ANY, ANY };

	if (sscanf(line, "%c %15[0-9*]:%15[0-9*] %7s", &entry->type, major, minor, access) != 4 ||
	    !parse_access(access, &entry->access))
		return false;
	if (major[0] != '*' && sscanf(major, "%ld", &values[0]) != 1)
		return false;
	if (minor[0] != '*' && sscanf(minor, "%ld", &values[1]) != 1)
		return false;
	entry->major = values[0];
	entry->minor = values[1];
	return true;
}

static const char *read_list(int cgroup)
{
	static char text[1 << 16];
	ssize_t length = cgroup_read(cgroup, "devices.list", text, sizeof(text));

	return length < 0 ? NULL : text;
}

static bool is_allow_all(int cgroup)
{
	const char *list = read_list(cgroup);

	return list && list[0] == 'a';
}

static bool lists(int cgroup, const struct allowance *wanted)
{
	const char *line = read_list(cgroup);
	struct allowance entry;

	for (; line && read_entry(line, &entry); line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (entry.type == wanted->type && entry.major == wanted->major && entry.minor == wanted->minor &&
		    (entry.access & wanted->access) == wanted->access)
			return true;
	return false;
}
