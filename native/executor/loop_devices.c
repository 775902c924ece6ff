#include "loop_devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "executor.h"

static bool read_line_of(unsigned int number, const char *file, char *text, size_t size);
static int identify(int device, unsigned int number, struct loop_id *id, bool *clears_itself);

void loop_devices_each(loop_fn *each, void *context)
{
	DIR *all = opendir("/sys/block");
	struct dirent *entry;
	char path[PATH_MAX];
	unsigned long number;
	bool more = true;

	while (all && more && (entry = readdir(all)))
		if (strncmp(entry->d_name, "loop", 4) == 0 && parse_unsigned(entry->d_name + 4, LOOPS_MAX, &number) &&
		    loop_device_path((unsigned int)number, path))
			more = each((unsigned int)number, context);
	if (all)
		closedir(all);
}

bool loop_device_path(unsigned int number, char path[PATH_MAX])
{
	return read_line_of(number, "loop/backing_file", path, PATH_MAX);
}

bool loop_device_number(unsigned int number, char *device, size_t size)
{
	return read_line_of(number, "dev", device, size);
}

bool loop_device_is(const struct loop_id *id)
{
	char path[PATH_MAX];
	uint64_t diskseq;

	return loop_device_diskseq(id->number, &diskseq) && diskseq == id->diskseq && loop_device_path(id->number, path);
}

bool loop_device_diskseq(unsigned int number, uint64_t *diskseq)
{
	char text[32];
	unsigned long value;

	if (!read_line_of(number, "diskseq", text, sizeof(text)) || !parse_unsigned(text, ~0UL, &value))
		return false;
	*diskseq = value;
	return true;
}

int loop_device_open(unsigned int number, int flags, struct loop_id *id, bool *clears_itself)
{
	char path[32];
	int device, error;

	snprintf(path, sizeof(path), "/dev/loop%u", number);
	device = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (device < 0)
		return -errno;
	error = identify(device, number, id, clears_itself);
	if (error == 0)
		return device;
	close(device);
	return error;
}

/* Without its end; a path may have other lines in it. */
static bool read_line_of(unsigned int number, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/block/loop%u/%s", number, file);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, size);
	if (length < 2 || text[length - 1] != '\n')
		return false;
	text[length - 1] = '\0';
	return true;
}

/* Its name in /dev may be anybody's. */
static int identify(int device, unsigned int number, struct loop_id *id, bool *clears_itself)
{
	struct loop_info64 info = { 0 };
	struct stat file;
	uint64_t diskseq;

	if (fstat(device, &file) < 0 || !S_ISBLK(file.st_mode) || major(file.st_rdev) != LOOP_MAJOR)
		return -ENODEV;
	if (ioctl(device, LOOP_GET_STATUS64, &info) < 0 || ioctl(device, BLKGETDISKSEQ, &diskseq) < 0)
		return -errno;
	if (info.lo_number != number)
		return -ENODEV;
	id->number = number;
	id->diskseq = diskseq;
	id->device = info.lo_device;
	id->inode = info.lo_inode;
	*clears_itself = info.lo_flags & LO_FLAGS_AUTOCLEAR;
	return 0;
}
