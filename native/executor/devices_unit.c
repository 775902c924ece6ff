/* Permissions of a guest whose cgroup is a unit of systemd: its DeviceAllow, which systemd makes its program from. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "access.h"
#include "systemd_units.h"

static const char NAMED[] = " named";

static struct unit_devices devices;

static int ended(int result);
static int list(const char *unit, struct answer *answer, struct failure *failure);
static int grant(const char *unit, const struct allowance *allowance, struct failure *failure);
static int revoke(const char *unit, const struct allowance *list, struct failure *failure);
static bool lessen(const struct allowance *allowance, char *access, struct unit_entry *left);
static int change(const char *unit, const struct unit_entry *entry, int count, bool all, const char *policy,
		  struct failure *failure);
static bool is_closed(void);
static int list_entry(const struct unit_entry *entry, struct answer *answer);
static bool is_number(const char *path, struct allowance *allowance);
static bool is_node(const char *path, struct allowance *allowance);
static int list_group(char type, const char *pattern, unsigned int access, struct answer *answer);
static int list_standard(struct answer *answer);
static void path_of(const struct allowance *allowance, char *path, size_t size);
static struct unit_entry *find(const char *path);
static unsigned int access_of(const char *word);

/* All above it are slices: what a unit has below itself is delegated and not systemd's any more. */
const char *unit_of(const struct guest *guest)
{
	return unit_at(guest->cgroup);
}

const char *unit_at(const char *cgroup)
{
	const char *name = cgroup + 1, *slash;

	if (cgroup[0] != '/' || !systemd_runs())
		return NULL;
	for (; (slash = strchr(name, '/')); name = slash + 1)
		if (slash - name <= 6 || strncmp(slash - 6, ".slice", 6) != 0)
			return NULL;
	/* systemd writes _ before a name that the kernel could take for a file of its own. */
	if (!is_suffix(name, ".service") && !is_suffix(name, ".scope"))
		return NULL;
	return name + (name[0] == '_');
}

int unit_list(const struct guest *guest, struct answer *answer, struct failure *failure)
{
	units_begin();
	return ended(list(unit_of(guest), answer, failure));
}

int unit_grant(const struct guest *guest, const struct allowance *allowance, struct failure *failure)
{
	units_begin();
	return ended(grant(unit_of(guest), allowance, failure));
}

int unit_revoke(const struct guest *guest, const struct allowance *allowance, struct failure *failure)
{
	const struct allowance list[] = { *allowance, { 0 } };

	return unit_take_back(unit_of(guest), list, failure);
}

int unit_take_back(const char *unit, const struct allowance *list, struct failure *failure)
{
	units_begin();
	return ended(revoke(unit, list, failure));
}

/* systemd's closed set is ours but for the console. */
int unit_confine(const struct guest *guest, struct failure *failure)
{
	struct unit_entry console = { "/dev/char/5:1", "rwm" };

	units_begin();
	return ended(change(unit_of(guest), &console, 1, false, "closed", failure));
}

static int ended(int result)
{
	units_end();
	return result;
}

static int list(const char *unit, struct answer *answer, struct failure *failure)
{
	int count = 0;

	if (unit_devices_get(unit, &devices, failure) < 0)
		return -1;
	for (int i = 0; i < devices.count; i++)
		count += list_entry(&devices.entry[i], answer);
	if (strcmp(devices.policy, "strict") != 0)
		count += list_standard(answer);
	answer_ok(answer, "%d confined-unit", count);
	return 0;
}

/* A unit without a policy would get one by its first entry, and lose all the rest. */
static int grant(const char *unit, const struct allowance *allowance, struct failure *failure)
{
	char path[64], access[4];
	struct unit_entry *there, added = { path, access };
	unsigned int now;

	if (unit_devices_get(unit, &devices, failure) < 0)
		return -1;
	if (!is_closed())
		return fail(failure, EPERM, "unit", unit);
	path_of(allowance, path, sizeof(path));
	there = find(path);
	now = there ? access_of(there->access) : 0;
	if ((now | allowance->access) == now)
		return 0;
	access_word(now | allowance->access, access);
	if (change(unit, &added, 1, false, NULL, failure) < 0)
		return -1;
	return find(path) ? 0 : fail(failure, EPERM, "systemd", path);
}

/* Only our own form of these numbers, and of that only this access: other forms are somebody else's. One call, however many. */
static int revoke(const char *unit, const struct allowance *list, struct failure *failure)
{
	static struct unit_entry lessened[ALLOWANCES_MAX];
	static char access[ALLOWANCES_MAX][4];
	const char *policy = NULL;
	int before, count = 0;

	if (unit_devices_get(unit, &devices, failure) < 0)
		return -1;
	before = devices.count;
	for (int i = 0; list[i].type; i++)
		count += lessen(&list[i], access[i], &lessened[count]);
	if (devices.count == before)
		return count == 0 ? 0 : change(unit, lessened, count, false, NULL, failure);
	/* Without any entry `auto` would mean that everything is allowed. */
	if (devices.count == 0 && strcmp(devices.policy, "auto") == 0)
		policy = "closed";
	return change(unit, devices.entry, devices.count, true, policy, failure);
}

/* Whether something of it is left. The others stay in their order. */
static bool lessen(const struct allowance *allowance, char *access, struct unit_entry *left)
{
	char path[64];
	struct unit_entry *there;
	unsigned int rest;

	path_of(allowance, path, sizeof(path));
	there = find(path);
	if (!there)
		return false;
	rest = access_of(there->access) & ~allowance->access;
	there->access = access_word(rest, access);
	*left = *there;
	if (!rest)
		memmove(there, there + 1, (size_t)(devices.entry + --devices.count - there) * sizeof(*there));
	return rest;
}

/* In force when systemd has answered once more: it makes its program between two calls. */
static int change(const char *unit, const struct unit_entry *entry, int count, bool all, const char *policy,
		  struct failure *failure)
{
	if (unit_devices_set(unit, entry, count, all, policy, failure) < 0)
		return -1;
	return unit_devices_get(unit, &devices, failure);
}

static bool is_closed(void)
{
	return devices.count > 0 || strcmp(devices.policy, "auto") != 0;
}

/*
 * How many rows: a name of a group may stand for several majors, and one that is not known for none. What a path or a name
 * stands for is what it stood for when systemd made its program, which nobody can say now.
 */
static int list_entry(const struct unit_entry *entry, struct answer *answer)
{
	struct allowance allowance = { .access = access_of(entry->access) };

	if (strncmp(entry->path, "char-", 5) == 0)
		return list_group('c', entry->path + 5, allowance.access, answer);
	if (strncmp(entry->path, "block-", 6) == 0)
		return list_group('b', entry->path + 6, allowance.access, answer);
	if (!allowance.access)
		return 0;
	if (is_number(entry->path, &allowance))
		allowance_row(answer, &allowance, "");
	else if (is_node(entry->path, &allowance))
		allowance_row(answer, &allowance, NAMED);
	else
		return 0;
	return 1;
}

static bool is_number(const char *path, struct allowance *allowance)
{
	char kind[6];
	int end = 0;

	if (sscanf(path, "/dev/%5[a-z]/%ld:%ld%n", kind, &allowance->major, &allowance->minor, &end) != 3 ||
	    path[end] != '\0' || (strcmp(kind, "char") != 0 && strcmp(kind, "block") != 0))
		return false;
	allowance->type = kind[0];
	return true;
}

static bool is_node(const char *path, struct allowance *allowance)
{
	struct stat node;

	if (stat(path, &node) < 0 || (!S_ISCHR(node.st_mode) && !S_ISBLK(node.st_mode)))
		return false;
	allowance->type = S_ISCHR(node.st_mode) ? 'c' : 'b';
	allowance->major = major(node.st_rdev);
	allowance->minor = minor(node.st_rdev);
	return true;
}

/* proc(5), devices: two lists of `MAJOR NAME` under their titles. */
static int list_group(char type, const char *pattern, unsigned int access, struct answer *answer)
{
	struct allowance allowance = { .type = type, .minor = ANY, .access = access };
	char line[256], name[64], section = 'c';
	int count = 0;
	FILE *lines;

	if (strcmp(pattern, "*") == 0) {
		allowance.major = ANY;
		allowance_row(answer, &allowance, "");
		return 1;
	}
	lines = fopen("/proc/devices", "re");
	while (lines && fgets(line, sizeof(line), lines)) {
		if (strncmp(line, "Block", 5) == 0)
			section = 'b';
		if (section != type || sscanf(line, "%ld %63s", &allowance.major, name) != 2 ||
		    fnmatch(pattern, name, 0) != 0)
			continue;
		allowance_row(answer, &allowance, NAMED);
		count++;
	}
	if (lines)
		fclose(lines);
	return count;
}

/* What systemd allows to every unit that is not `strict`: without the console. */
static int list_standard(struct answer *answer)
{
	int count = 0;

	for (const struct allowance *one = standard_set; one->type; one++) {
		if (one->major == 5 && one->minor == 1)
			continue;
		allowance_row(answer, one, "");
		count++;
	}
	return count;
}

static void path_of(const struct allowance *allowance, char *path, size_t size)
{
	snprintf(path, size, "/dev/%s/%ld:%ld", allowance->type == 'b' ? "block" : "char", allowance->major,
		 allowance->minor);
}

static struct unit_entry *find(const char *path)
{
	for (int i = 0; i < devices.count; i++)
		if (strcmp(devices.entry[i].path, path) == 0)
			return &devices.entry[i];
	return NULL;
}

static unsigned int access_of(const char *word)
{
	return (strchr(word, 'r') ? ACCESS_READ : 0) | (strchr(word, 'w') ? ACCESS_WRITE : 0) |
	       (strchr(word, 'm') ? ACCESS_MKNOD : 0);
}

bool is_suffix(const char *name, const char *suffix)
{
	size_t length = strlen(name), part = strlen(suffix);

	return length > part && strcmp(name + length - part, suffix) == 0;
}
