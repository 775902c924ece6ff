#include "udev_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "network.h"
#include "paths.h"
#include "publish.h"

static const char control[] = "run/udev/control", data[] = "run/udev/data";

static int make_folders(const struct guest *guest, struct failure *failure);
static int make_folder(const struct guest *guest, const char *path, struct failure *failure);
static void entry_path(const struct news *news, char *path, size_t size);
static int write_temporary(const struct guest *guest, const struct place *place, const struct text *text);
static bool is_out_of_reach(int error);

/* The host's own socket, bound into the guest, is of a udevd that does not speak there. */
bool guest_has_udevd(const struct guest *guest)
{
	struct stat found, host;
	autofd int fd = path_open(guest, control);

	if (fd < 0 || fstat(fd, &found) < 0 || !S_ISSOCK(found.st_mode))
		return false;
	return stat("/run/udev/control", &host) < 0 || host.st_dev != found.st_dev || host.st_ino != found.st_ino;
}

/* Where the host's own network is heard, udevd speaks to whoever listens, and of every device. */
int udev_control_make(const struct guest *guest, struct failure *failure)
{
	if (make_folders(guest, failure) < 0)
		return -1;
	if (network_of(guest).is_ours)
		return 0;
	autoplace struct place place = { .parent = -1 };
	if (place_open_anywhere(guest, control, &place, failure) < 0)
		return -1;
	autoidentity struct identity identity = identity_of_root(guest);
	autofd int made = openat(place.parent, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	(void)identity;
	return made < 0 && errno != EEXIST ? fail(failure, errno, "openat", place.path) : 0;
}

int udev_data_check(const struct guest *guest, struct failure *failure)
{
	autofd int fd = path_open(guest, data);

	return fd >= 0 && is_host_udev(fd) ? fail(failure, EXDEV, "host", data) : 0;
}

int udev_entry_write(const struct guest *guest, const struct news *news, struct failure *failure)
{
	static struct text text;
	char path[64];
	int error;

	text = (struct text){ .length = 0 };
	news_entry(news, &text);
	entry_path(news, path, sizeof(path));
	if (text.is_cut)
		return fail(failure, E2BIG, "news", path);
	if (udev_control_make(guest, failure) < 0)
		return -1;
	autoplace struct place place = { .parent = -1 };
	if (place_open_anywhere(guest, path, &place, failure) < 0)
		return -1;
	error = write_temporary(guest, &place, &text);
	return error < 0 ? fail(failure, -error, "write", path) : publish(guest, &place, is_file, failure);
}

int udev_entry_remove(const struct guest *guest, const struct news *news, struct failure *failure)
{
	char path[64];
	struct stat found;
	int error;

	entry_path(news, path, sizeof(path));
	autoplace struct place place = { .parent = -1 };
	if (place_open_anywhere(guest, path, &place, failure) < 0)
		return is_out_of_reach(failure->error) ? 0 : -1;
	if (fstatat(place.parent, place.name, &found, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(found.st_mode))
		return 0;
	error = withdraw(guest, &place, 0);
	return error < 0 && error != -ENOENT ? fail(failure, -error, "unlinkat", path) : 0;
}

static int make_folders(const struct guest *guest, struct failure *failure)
{
	static const char *const folders[] = { "run", "run/udev", data };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (make_folder(guest, folders[i], failure) < 0)
			return -1;
	return 0;
}

static int make_folder(const struct guest *guest, const char *path, struct failure *failure)
{
	autoplace struct place place = { .parent = -1 };

	if (place_open_anywhere(guest, path, &place, failure) < 0)
		return -1;
	autoidentity struct identity identity = identity_of_root(guest);

	(void)identity;
	if (mkdirat(place.parent, place.name, 0755) < 0 && errno != EEXIST)
		return fail(failure, errno, "mkdirat", place.path);
	return 0;
}

/* As udev names a device with a number. */
static void entry_path(const struct news *news, char *path, size_t size)
{
	snprintf(path, size, "%s/%c%u:%u", data, news->number.type, news->number.major, news->number.minor);
}

static int write_temporary(const struct guest *guest, const struct place *place, const struct text *text)
{
	autoidentity struct identity identity = identity_of_root(guest);
	int error = 0;

	(void)identity;
	clear_temporary(place->parent);
	autofd int made = openat(place->parent, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (made < 0)
		return -errno;
	errno = ENOSPC; /* what a short write means */
	if (write(made, text->bytes, text->length) != (ssize_t)text->length || fchmod(made, 0644) < 0)
		error = -errno;
	if (error < 0)
		clear_temporary(place->parent);
	return error;
}

static bool is_out_of_reach(int error)
{
	return error == ENOENT || error == ELOOP || error == ENOTDIR || error == EXDEV;
}
