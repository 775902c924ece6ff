#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroups.h"

const struct hierarchy *devices_hierarchy(void)
{
	return hierarchy_of("devices");
}

int cgroup_open(const char *path)
{
	return cgroup_open_in(devices_hierarchy(), path);
}

int cgroup_open_in(const struct hierarchy *hierarchy, const char *path)
{
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
	autofd int fd = openat(cgroup, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
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
	return process_cgroup_of("devices", pid, path, size);
}

int process_cgroup_of(const char *controller, pid_t pid, char *path, size_t size)
{
	const struct hierarchy *hierarchy = hierarchy_of(controller);
	char file[64], line[PATH_MAX + 256];
	bool found = false;
	FILE *lines;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	lines = hierarchy ? fopen(file, "re") : NULL;
	if (!lines)
		return hierarchy ? -errno : -ENOENT;
	while (!found && fgets(line, sizeof(line), lines)) {
		char *rest = line, *id = strsep(&rest, ":"), *controllers = strsep(&rest, ":");

		if (!rest || !(hierarchy->is_v1 ? has_word(controllers, controller) : strcmp(id, "0") == 0))
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		found = (size_t)snprintf(path, size, "%s", rest) < size;
	}
	fclose(lines);
	return found ? 0 : -ENOENT;
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
