#include "tracing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "hostler-"
enum { NAME_BYTES = 32, FILE_BYTES = 128 };
/* Of each processor: some two thousand records. */
static const char BUFFER_KIB[] = "64";

static int instances = -1;

static bool is_host(void);
static int open_tracefs(void);
static void remove_leftovers(void);
static const char *own_name(char name[NAME_BYTES]);
static int set_up(int instance, const struct traced *traced, struct failure *failure);
static int write_file(int instance, const char *file, const char *text, struct failure *failure);

int tracing_open(const struct traced *traced, struct failure *failure)
{
	char name[NAME_BYTES];
	int pipe = -1;

	if (!is_host())
		return fail(failure, EPERM, "tracefs", "/proc/self/ns/pid");
	instances = open_tracefs();
	if (instances < 0)
		return fail(failure, -instances, "tracefs", "instances");
	remove_leftovers();
	if (mkdirat(instances, own_name(name), 0700) < 0) {
		fail(failure, errno, "tracefs", name);
	} else {
		autofd int instance = openat(instances, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (instance < 0)
			fail(failure, errno, "tracefs", name);
		else
			pipe = set_up(instance, traced, failure);
	}
	if (pipe < 0)
		tracing_close(-1);
	return pipe;
}

/* Its rings are freed only when nobody reads them. */
void tracing_close(int pipe)
{
	char name[NAME_BYTES];

	close_fd(&pipe);
	if (instances < 0)
		return;
	(void)unlinkat(instances, own_name(name), AT_REMOVEDIR);
	close_fd(&instances);
	instances = -1;
}

/* Numbers of processes in a trace are those of the first PID namespace. */
static bool is_host(void)
{
	static const char first[] = "pid:[4026531836]";
	char own[64];
	ssize_t length = readlink("/proc/self/ns/pid", own, sizeof(own));

	return length == (ssize_t)sizeof(first) - 1 && memcmp(own, first, (size_t)length) == 0;
}

/* The folder of instances: a descriptor, or -errno. */
static int open_tracefs(void)
{
	autofd int context = fsopen("tracefs", FSOPEN_CLOEXEC);
	int found;

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	autofd int mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (mount < 0)
		return -errno;
	found = openat(mount, "instances", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return found < 0 ? -errno : found;
}

/* One that is read by somebody stays: EBUSY. */
static void remove_leftovers(void)
{
	DIR *all = fdopendir(dup(instances));
	struct dirent *entry;

	if (!all)
		return;
	while ((entry = readdir(all)))
		if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) == 0)
			(void)unlinkat(instances, entry->d_name, AT_REMOVEDIR);
	closedir(all);
}

static const char *own_name(char name[NAME_BYTES])
{
	snprintf(name, NAME_BYTES, PREFIX "%d", getpid());
	return name;
}

/* Whatever others trace, and how, is theirs: an instance has events, options and rings of its own. */
static int set_up(int instance, const struct traced *traced, struct failure *failure)
{
	char file[FILE_BYTES];
	int pipe;

	if (write_file(instance, "buffer_size_kb", BUFFER_KIB, failure) < 0 ||
	    write_file(instance, "trace_options", "raw", failure) < 0)
		return -1;
	pipe = openat(instance, "trace_pipe", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (pipe < 0)
		return fail(failure, errno, "tracefs", "trace_pipe");
	for (; traced->event; traced++) {
		snprintf(file, sizeof(file), "events/%s/filter", traced->event);
		if (write_file(instance, file, traced->filter, failure) < 0)
			break;
		snprintf(file, sizeof(file), "events/%s/enable", traced->event);
		if (write_file(instance, file, "1", failure) < 0)
			break;
	}
	if (!traced->event)
		return pipe;
	close(pipe);
	return -1;
}

static int write_file(int instance, const char *file, const char *text, struct failure *failure)
{
	autofd int fd = openat(instance, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return fail(failure, errno, "tracefs", file);
	return 0;
}
