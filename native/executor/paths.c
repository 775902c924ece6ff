#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "paths.h"

enum { PARTS_MAX = 32, TRIES = 128 };

static const uint64_t NEVER_OUT = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

static bool is_well_formed(const char *path);
static int walk(int from, const char *path, uint64_t flags);

int path_check(const char *path, struct failure *failure)
{
	return is_well_formed(path) ? 0 : fail(failure, EINVAL, "path", path);
}

int path_open(const struct guest *guest, const char *path)
{
	return walk(guest->root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int place_open(const struct guest *guest, const char *path, struct place *place, struct failure *failure)
{
	*place = (struct place){ .path = path, .parent = -1 };
	if (strncmp(path, "dev/", 4) != 0)
		return fail(failure, EINVAL, "path", path);
	return place_open_anywhere(guest, path, place, failure);
}

int place_open_anywhere(const struct guest *guest, const char *path, struct place *place, struct failure *failure)
{
	char parent[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');

	*place = (struct place){ .path = path, .parent = -1 };
	if (!is_well_formed(path) || (slash && (size_t)(slash - path) >= sizeof(parent)))
		return fail(failure, EINVAL, "path", path);
	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	place->name = slash ? slash + 1 : path;
	place->parent = walk(guest->root, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (place->parent < 0)
		return fail(failure, -place->parent, "openat2", path);
	if (is_on_host_dev(place->parent) || is_host_udev(place->parent))
		return fail(failure, EXDEV, "host", path);
	place->staged = is_staged(guest, place->parent);
	return 0;
}

void place_close(const struct place *place)
{
	close_fd(&place->parent);
}

int place_look(const struct place *place)
{
	int fd = openat(place->parent, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

bool is_on_host_dev(int fd)
{
	struct stat host, self;

	return stat("/dev", &host) == 0 && fstat(fd, &self) == 0 && host.st_dev == self.st_dev;
}

bool is_host_udev(int fd)
{
	static const char *const folders[] = { "/run", "/run/udev", "/run/udev/data" };
	struct stat host, self;

	if (fstat(fd, &self) < 0)
		return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (stat(folders[i], &host) == 0 && host.st_dev == self.st_dev && host.st_ino == self.st_ino)
			return true;
	return false;
}

bool is_staged(const struct guest *guest, int fd)
{
	struct stat staging, self;

	return guest->binds && fstat(guest->staging, &staging) == 0 && fstat(fd, &self) == 0 &&
	       staging.st_dev == self.st_dev;
}

static bool is_well_formed(const char *path)
{
	int parts = 0;

	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 0 || length >= NAME_BYTES || ++parts > PARTS_MAX)
			return false;
		if (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.')))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
	}
}

/* The kernel answers EAGAIN when a rename or mount anywhere raced with the walk: a guest that keeps it up is refused. */
static int walk(int from, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags, .resolve = NEVER_OUT };
	long fd = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, from, path, &how, sizeof(how));
		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN)
			return -errno;
	}
	return -EAGAIN;
}
