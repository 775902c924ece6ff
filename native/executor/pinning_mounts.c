#include "pinning_mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "executor.h"

enum { NAMESPACES_MAX = 4096, ROOT = 3, POINT = 4, MOUNT_FIELDS = 5 };

static ino_t known[NAMESPACES_MAX];
static int knowns;

static bool is_known(pid_t pid);
static bool read_line(char *line, const char *link, char path[PATH_MAX]);
static void unescape(char *path);
static int open_inside(pid_t pid, const char *path);

void pinning_mounts_begin(void)
{
	knowns = 0;
}

void pinning_mounts_of(pid_t pid, const char *link, pinning_mount_fn *each, void *context)
{
	char file[64], line[2 * PATH_MAX], path[PATH_MAX];
	bool more = true, is_whole = true;
	FILE *lines;

	if (is_known(pid))
		return;
	snprintf(file, sizeof(file), "/proc/%d/mountinfo", pid);
	lines = fopen(file, "re");
	while (lines && more && fgets(line, sizeof(line), lines)) {
		bool begins = is_whole;

		/* What is left of a line that is too long is none: a guest chooses what stands in it. */
		is_whole = strchr(line, '\n');
		if (!begins || !is_whole || !read_line(line, link, path))
			continue;
		autofd int mount = open_inside(pid, path);

		if (mount >= 0)
			more = each(pid, mount, path, context);
	}
	if (lines)
		fclose(lines);
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

/* Fields of mountinfo: id parent device root mountpoint options... Only of namespaces the root has no slash. */
static bool read_line(char *line, const char *link, char path[PATH_MAX])
{
	char *rest = line, *field[MOUNT_FIELDS];

	for (int i = 0; i < MOUNT_FIELDS; i++)
		if (!(field[i] = strsep(&rest, " ")))
			return false;
	if (strcmp(field[ROOT], link) != 0 || strlen(field[POINT]) >= PATH_MAX)
		return false;
	strcpy(path, field[POINT]);
	unescape(path);
	return true;
}

/* The kernel writes space, tab, newline and backslash as three octal digits. */
static void unescape(char *path)
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
}

static int open_inside(pid_t pid, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char root[64];

	snprintf(root, sizeof(root), "/proc/%d/root", pid);
	autofd int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -1 : (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
}
