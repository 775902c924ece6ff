#include "hierarchies.h"

#include <stdio.h>
#include <string.h>

static struct hierarchy hierarchies[HIERARCHIES_MAX];
static int known;

static void find_all(void);
static bool read_line(const char *line, struct hierarchy *found);

const struct hierarchy *hierarchy_of(const char *controller)
{
	const struct hierarchy *v2 = NULL;

	if (known == 0)
		find_all();
	for (int i = 0; i < known; i++)
		if (hierarchies[i].is_v1 && has_word(hierarchies[i].controllers, controller))
			return &hierarchies[i];
		else if (!hierarchies[i].is_v1 && !v2)
			v2 = &hierarchies[i];
	return v2;
}

const struct hierarchy *hierarchy_at(int number)
{
	if (known == 0)
		find_all();
	return number < known ? &hierarchies[number] : NULL;
}

bool is_in_hierarchy(const char *path)
{
	if (known == 0)
		find_all();
	for (int i = 0; i < known; i++) {
		size_t length = strlen(hierarchies[i].mount);

		if (strncmp(path, hierarchies[i].mount, length) == 0 && path[length] == '/')
			return true;
	}
	return false;
}

bool is_below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(path, prefix, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ','))
			return true;
	return false;
}

static void find_all(void)
{
	FILE *lines = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX];

	if (!lines)
		return;
	while (known < HIERARCHIES_MAX && fgets(line, sizeof(line), lines))
		known += read_line(line, &hierarchies[known]);
	fclose(lines);
}

/* Fields of mountinfo: id parent device root mountpoint options... - type source super-options. */
static bool read_line(const char *line, struct hierarchy *found)
{
	const char *rest = strstr(line, " - ");
	char root[PATH_MAX], type[32];

	if (!rest || sscanf(line, "%*d %*d %*s %4095s %4095s", root, found->mount) != 2 || strcmp(root, "/") != 0 ||
	    sscanf(rest, " - %31s %*s %255s", type, found->controllers) != 2)
		return false;
	found->is_v1 = strcmp(type, "cgroup") == 0;
	return found->is_v1 || strcmp(type, "cgroup2") == 0;
}
