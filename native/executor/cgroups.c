#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups.h"

static bool find_hierarchy(struct hierarchy *found);
static bool has_option(const char *options, const char *option);

const struct hierarchy *devices_hierarchy(void)
{
	static struct hierarchy found;

	return found.mount[0] || find_hierarchy(&found) ? &found : NULL;
}

int cgroup_open(const char *path)
{
	const struct hierarchy *hierarchy = devices_hierarchy();
	char full[2 * PATH_MAX];
	int fd;

	if (!hierarchy)
		return -ENOENT;
	snprintf(full, sizeof(full), "%s%s", hierarchy->mount, path);
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cgroup_write(int cgroup, const char *file, const char *line)
{
	autofd int fd = openat(cgroup, file, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(line);

	if (fd < 0)
		return -errno;
	return write(fd, line, length) == (ssize_t)length ? 0 : -errno;
}

ssize_t cgroup_read(int cgroup, const char *file, char *text, size_t size)
{
	autofd int fd = openat(cgroup, file, O_RDONLY | O_CLOEXEC);
	size_t filled = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while (filled + 1 < size && (got = read(fd, text + filled, size - 1 - filled)) != 0) {
		if (got < 0)
			return -errno;
		filled += (size_t)got;
	}
	text[filled] = '\0';
	return (ssize_t)filled;
}

int process_cgroup(pid_t pid, char *path, size_t size)
{
	const struct hierarchy *hierarchy = devices_hierarchy();
	char file[64], line[PATH_MAX + 256];
	bool found = false;
	FILE *lines;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	lines = hierarchy ? fopen(file, "re") : NULL;
	if (!lines)
		return hierarchy ? -errno : -ENOENT;
	while (!found && fgets(line, sizeof(line), lines)) {
		char *rest = line, *id = strsep(&rest, ":"), *controllers = strsep(&rest, ":");

		if (!rest || !(hierarchy->is_v1 ? has_option(controllers, "devices") : strcmp(id, "0") == 0))
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		found = (size_t)snprintf(path, size, "%s", rest) < size;
	}
	fclose(lines);
	return found ? 0 : -ENOENT;
}

bool is_below(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(path, prefix, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

void find_init(const struct guest *guest, char *level)
{
	if (process_cgroup(guest->pid, level, PATH_MAX) < 0 || !is_below(level, guest->cgroup) || strstr(level, "/.."))
		strcpy(level, guest->init_cgroup);
}

int open_of_init(const struct guest *guest)
{
	char level[PATH_MAX];

	find_init(guest, level);
	return cgroup_open(level);
}

bool next_level(const struct guest *guest, const char *innermost, char *level)
{
	size_t length = level[0] ? strlen(level) : 0;

	if (length == 0)
		length = strlen(guest->cgroup);
	else if (innermost[length] == '\0')
		return false;
	else
		length += 1 + strcspn(innermost + length + 1, "/");
	memcpy(level, innermost, length);
	level[length] = '\0';
	return true;
}

/* Fields of mountinfo: id parent device root mountpoint options... - type source super-options. */
static bool find_hierarchy(struct hierarchy *found)
{
	char line[2 * PATH_MAX], root[PATH_MAX], mount[PATH_MAX], type[32], options[512];
	FILE *lines = fopen("/proc/self/mountinfo", "re");

	if (!lines)
		return false;
	while (!found->is_v1 && fgets(line, sizeof(line), lines)) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*d %*d %*s %4095s %4095s", root, mount) != 2 || strcmp(root, "/") != 0 ||
		    sscanf(rest, " - %31s %*s %511s", type, options) != 2)
			continue;
		found->is_v1 = strcmp(type, "cgroup") == 0 && has_option(options, "devices");
		if (found->is_v1 || (strcmp(type, "cgroup2") == 0 && !found->mount[0]))
			snprintf(found->mount, sizeof(found->mount), "%s", mount);
	}
	fclose(lines);
	return found->mount[0] != '\0';
}

static bool has_option(const char *options, const char *option)
{
	size_t length = strlen(option);

	for (const char *at = options; (at = strstr(at, option)); at += length)
		if ((at == options || at[-1] == ',') && (at[length] == '\0' || at[length] == ','))
			return true;
	return false;
}
