/* PropertiesChanged of units: systemd sends it to whoever is connected to its own socket. */
#include "systemd_states.h"

#include <limits.h>
#include <string.h>

#include "access.h"
#include "executor.h"

/* More at a time are left out: who is not said to be ending does not end, as far as anybody knows. */
enum { UNITS_MAX = 256, UNIT_BYTES = 256 };

static const char prefix[] = "/org/freedesktop/systemd1/unit/";
static char ending[UNITS_MAX][UNIT_BYTES];

static void note_state(struct reader body, const char *name);
static void note_exit(struct reader body, const char *name);
static bool seek(struct reader *body, const char *interface, const char *key, const char *type);
static bool skip_value(struct reader *reader, const char *type);
static bool read_name(const char *path, char name[UNIT_BYTES]);
static int digit(char letter);
static bool may_hold_guest(const char *name);
static void note(const char *name, bool ends);
static char *find(const char *name);

void states_take(const struct head *head)
{
	char name[UNIT_BYTES];

	if (strcmp(head->member, "PropertiesChanged") != 0 || strcmp(head->interface, "org.freedesktop.DBus.Properties") != 0)
		return;
	if (strcmp(head->signature, "sa{sv}as") != 0 || strncmp(head->path, prefix, strlen(prefix)) != 0)
		return;
	if (!read_name(head->path + strlen(prefix), name) || !may_hold_guest(name))
		return;
	note_state(head->body, name);
	if (unit_is_guests(name))
		note_exit(head->body, name);
}

void states_forget(void)
{
	memset(ending, 0, sizeof(ending));
}

static void note_state(struct reader body, const char *name)
{
	const char *state = seek(&body, "org.freedesktop.systemd1.Unit", "ActiveState", "s") ? get_string(&body) : "";

	if (*state)
		note(name, strcmp(state, "deactivating") == 0);
}

/* Both are 0 while it runs. */
static void note_exit(struct reader body, const char *name)
{
	static const char interface[] = "org.freedesktop.systemd1.Service";
	struct reader last = body;
	uint32_t code, status;
	char said[3 * UNIT_BYTES];

	if (!seek(&body, interface, "ExecMainCode", "i") || !seek(&last, interface, "ExecMainStatus", "i"))
		return;
	code = get_u32(&body);
	status = get_u32(&last);
	if (code != 0 && !body.bad && !last.bad)
		emit_surely("unit-exit %s %u %u", encode(name, said, sizeof(said)), code, status);
}

/* To a value. False: it is not among them, or behind a value of a type that is not read over. */
static bool seek(struct reader *body, const char *interface, const char *key, const char *type)
{
	size_t end;

	if (strcmp(get_string(body), interface) != 0)
		return false;
	end = get_array(body);
	while (!body->bad && body->at < end) {
		const char *name, *found;

		get_structure(body);
		name = get_string(body);
		found = get_signature(body);
		if (strcmp(name, key) == 0)
			return strcmp(found, type) == 0;
		if (!skip_value(body, found))
			return false;
	}
	return false;
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
