#include "mount_lines.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "executor.h"

enum { NAMESPACES_MAX = 4096, LINES_MAX = 65536, ID = 0, DEVICE = 2, ROOT = 3, POINT = 4, MOUNT_FIELDS = 5 };

static ino_t known[NAMESPACES_MAX];
static int knowns;

static bool is_known(pid_t pid);
static bool read_line(char *line, struct mount_line *mount);
static char *unescape(char *path);

void mount_lines_begin(void)
{
	knowns = 0;
}

bool mount_lines_of(pid_t pid, struct effort *effort, mount_line_fn *each, void *context)
{
	char file[64], line[3 * PATH_MAX];
	struct mount_line mount;
	bool is_whole = true;
	int count = 0;
	FILE *lines;

	if (is_known(pid))
		return effort_goes_on(effort);
	snprintf(file, sizeof(file), "/proc/%d/mountinfo", pid);
	lines = fopen(file, "re");
	while (lines && effort_goes_on(effort) && fgets(line, sizeof(line), lines)) {
		bool begins = is_whole;

		/* What is left of a line that is too long is none: a guest chooses what stands in it. */
		is_whole = strchr(line, '\n');
		effort->is_late = begins && count++ == LINES_MAX;
		if (begins && is_whole && !effort->is_late && read_line(line, &mount))
			effort->has_ended = !each(pid, &mount, context);
	}
	if (lines)
		fclose(lines);
	return effort_goes_on(effort);
}

static bool is_known(pid_t pid)
{
	char path[64];
	struct stat own;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	if (stat(path, &own) < 0)
		return true;
	for (int i = 0; i < knowns; i++)
		if (known[i] == own.st_ino)
			return true;
	if (knowns < NAMESPACES_MAX)
		known[knowns++] = own.st_ino;
	return false;
}

/* Fields of mountinfo: id parent device root mountpoint options... - type source options */
static bool read_line(char *line, struct mount_line *mount)
{
	char *rest = line, *field[MOUNT_FIELDS], *word, *type, *source;

	for (int i = 0; i < MOUNT_FIELDS; i++)
		if (!(field[i] = strsep(&rest, " ")))
			return false;
	while ((word = strsep(&rest, " ")) && strcmp(word, "-") != 0)
		;
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	if (!source)
		return false;
	*mount = (struct mount_line){ atol(field[ID]), field[DEVICE], unescape(field[ROOT]), unescape(field[POINT]),
				      type, unescape(source) };
	return strlen(mount->point) < PATH_MAX;
}

/* The kernel writes space, tab, newline and backslash as three octal digits. */
static char *unescape(char *path)
{
	char *to = path;
	unsigned int byte;

	for (const char *from = path; *from; to++) {
		if (*from == '\\' && sscanf(from + 1, "%3o", &byte) == 1) {
			*to = (char)byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return path;
}
