#include "udevd.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { REMEMBERED = 16 };

/* A pidfd keeps the number from meaning another process unnoticed. */
static struct known {
	pid_t pid;
	int pidfd;
} known[REMEMBERED];
static unsigned int next_slot;

static struct known *recall(pid_t pid);
static void remember(pid_t pid);
static bool is_udevd_by_proc(pid_t pid);
static pid_t parent_of(pid_t pid);

bool udevd_is(pid_t pid)
{
	struct known *slot = recall(pid);
	struct pollfd ended;

	if (pid <= 0)
		return false;
	if (slot) {
		ended = (struct pollfd){.fd = slot->pidfd, .events = POLLIN};
		if (poll(&ended, 1, 0) == 0)
			return true;
		close(slot->pidfd);
		slot->pid = 0;
	}
	if (!is_udevd_by_proc(pid))
		return false;
	remember(pid);
	return true;
}

/* A worker's parent is udevd too; the daemon's is not. */
pid_t udevd_find(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	if (!proc)
		return 0;
	while (!found && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && is_udevd_by_proc(pid) && !is_udevd_by_proc(parent_of(pid)))
			found = pid;
	}
	closedir(proc);
	return found;
}

static struct known *recall(pid_t pid)
{
	for (int i = 0; i < REMEMBERED; i++)
		if (known[i].pid == pid)
			return &known[i];
	return NULL;
}

/* Opened before the second look: a number that was given away in between shows itself. */
static void remember(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct known *slot = &known[next_slot++ % REMEMBERED];

	if (pidfd < 0)
		return;
	if (!is_udevd_by_proc(pid)) {
		close(pidfd);
		return;
	}
	if (slot->pid)
		close(slot->pidfd);
	*slot = (struct known){pid, pidfd};
}

static bool read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return true;
}

static bool has_udevd_name(pid_t pid)
{
	static const char *const names[] = {"systemd-udevd\n", "(udev-worker)\n", "udevd\n", "eudevd\n"};
	char name[32];

	if (!read_proc(pid, "comm", name, sizeof(name)))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* From the root on: a guest's own /lxc/web1/system.slice/systemd-udevd.service is another one. */
static bool is_in_udevd_unit(pid_t pid)
{
	static const char unit[] = ":/system.slice/systemd-udevd.service";
	char text[4096], *at;

	if (!read_proc(pid, "cgroup", text, sizeof(text)))
		return false;
	for (at = strstr(text, unit); at; at = strstr(at + 1, unit))
		if (at[sizeof(unit) - 1] == '\n' || at[sizeof(unit) - 1] == '/')
			return true;
	return false;
}

static bool same_file(const char *left, const char *right)
{
	struct stat a, b;

	return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool shares(pid_t pid, const char *namespace)
{
	char own[64], its[64];

	snprintf(own, sizeof(own), "/proc/self/ns/%s", namespace);
	snprintf(its, sizeof(its), "/proc/%d/ns/%s", pid, namespace);
	return same_file(own, its);
}

static bool runs_udevd_binary(pid_t pid)
{
	static const char *const binaries[] = {"/usr/lib/systemd/systemd-udevd", "/lib/systemd/systemd-udevd",
					       "/usr/bin/udevadm", "/sbin/udevd", "/usr/lib/udev/udevd", "/usr/bin/eudevd"};
	char exe[64];

	snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
	for (size_t i = 0; i < sizeof(binaries) / sizeof(*binaries); i++)
		if (same_file(exe, binaries[i]))
			return true;
	return false;
}

/* The unit needs no right to look into the process; without systemd its program and namespaces must speak for it. */
static bool is_udevd_by_proc(pid_t pid)
{
	if (!has_udevd_name(pid))
		return false;
	return is_in_udevd_unit(pid) || (shares(pid, "pid") && shares(pid, "net") && runs_udevd_binary(pid));
}

static pid_t parent_of(pid_t pid)
{
	char text[512], *end;

	if (!read_proc(pid, "stat", text, sizeof(text)) || !(end = strrchr(text, ')')))
		return 0;
	return (pid_t)strtol(end + 4, NULL, 10);
}
