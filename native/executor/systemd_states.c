/* PropertiesChanged of units: systemd sends it to whoever is connected to its own socket. */
#include "systemd_states.h"

#include <limits.h>
#include <string.h>

#include "executor.h"

/* More at a time are left out: who is not said to be ending does not end, as far as anybody knows. */
enum { UNITS_MAX = 256, UNIT_BYTES = 256 };

static const char prefix[] = "/org/freedesktop/systemd1/unit/";
static char ending[UNITS_MAX][UNIT_BYTES];

static const char *active_state(struct reader body);
static bool skip_value(struct reader *reader, const char *type);
static bool read_name(const char *path, char name[UNIT_BYTES]);
static int digit(char letter);
static bool may_hold_guest(const char *name);
static void note(const char *name, bool ends);
static char *find(const char *name);

void states_take(const struct head *head)
{
	const char *state;
	char name[UNIT_BYTES];

	if (strcmp(head->member, "PropertiesChanged") != 0 || strcmp(head->interface, "org.freedesktop.DBus.Properties") != 0)
		return;
	if (strcmp(head->signature, "sa{sv}as") != 0 || strncmp(head->path, prefix, strlen(prefix)) != 0)
		return;
	state = active_state(head->body);
	if (*state && read_name(head->path + strlen(prefix), name) && may_hold_guest(name))
		note(name, strcmp(state, "deactivating") == 0);
}

void states_forget(void)
{
	memset(ending, 0, sizeof(ending));
}

/* Empty: it is not among them, or behind a value of a type that is not read over. */
static const char *active_state(struct reader body)
{
	size_t end;

	if (strcmp(get_string(&body), "org.freedesktop.systemd1.Unit") != 0)
		return "";
	end = get_array(&body);
	while (!body.bad && body.at < end) {
		const char *key, *type;

		get_structure(&body);
		key = get_string(&body);
		type = get_signature(&body);
		if (strcmp(key, "ActiveState") == 0)
			return strcmp(type, "s") == 0 ? get_string(&body) : "";
		if (!skip_value(&body, type))
			return "";
	}
	return "";
}

static bool skip_value(struct reader *reader, const char *type)
{
	if (strlen(type) != 1)
		return false;
	switch (*type) {
	case 's':
	case 'o':
		(void)get_string(reader);
		return true;
	case 't':
	case 'x':
		get_structure(reader);
		(void)get_u32(reader);
		(void)get_u32(reader);
		return true;
	case 'b':
	case 'i':
	case 'u':
		(void)get_u32(reader);
		return true;
	}
	return false;
}

/* systemd-nspawn@web1.service is systemd_2dnspawn_40web1_2eservice in a path. */
static bool read_name(const char *path, char name[UNIT_BYTES])
{
	size_t length = 0;

	for (; *path && length < UNIT_BYTES - 1; path++, length++) {
		int high = *path == '_' ? digit(path[1]) : -1, low = high < 0 ? -1 : digit(path[2]);

		if (*path == '_' && low < 0)
			return false;
		name[length] = *path == '_' ? (char)(high * 16 + low) : *path;
		path += *path == '_' ? 2 : 0;
		if (name[length] == '\0')
			return false;
	}
	name[length] = '\0';
	return !*path && length > 0;
}

static int digit(char letter)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = letter ? strchr(digits, letter) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool may_hold_guest(const char *name)
{
	const char *suffix = strrchr(name, '.');

	return suffix && (strcmp(suffix, ".service") == 0 || strcmp(suffix, ".scope") == 0);
}

static void note(const char *name, bool ends)
{
	char *known = find(name), *row = ends ? find("") : known, said[3 * UNIT_BYTES];

	if (ends == (known != NULL) || !row)
		return;
	strcpy(row, ends ? name : "");
	emit_surely("unit %s %s", encode(name, said, sizeof(said)), ends ? "ends" : "settled");
}

static char *find(const char *name)
{
	for (int i = 0; i < UNITS_MAX; i++)
		if (strcmp(ending[i], name) == 0)
			return ending[i];
	return NULL;
}
