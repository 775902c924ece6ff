/*
 * Times what happens to a device on its way into a guest, from outside of whoever brings it there:
 * stopwatch GUEST-DEV CGROUP.PROCS PATTERN. Prints lines "EVENT NAME MICROSECONDS" with EVENT one of kernel-add, udev-add,
 * usable, kernel-remove, udev-remove, gone. "usable" is the first open of the right number that succeeds from inside the guest's
 * cgroup. What was seen is said when nothing has happened for a while, and at SIGTERM, which ends it: a reader that wakes up meanwhile
 * would take its time from the measured.
 */
#include "uevents.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { AWAITED_MAX = 64, CALM_MS = 30 };
/* Looks come often just after a message, when something is about to happen, and seldom while nothing does. */
enum { SOON_US = 100, LATER_US = 1000, HASTE_US = 50000 };

struct awaited {
	struct uevent device;
	enum { NOBODY, COMING, GOING } state;
};

static volatile sig_atomic_t over;
static int guest_dev;
static struct awaited awaited[AWAITED_MAX];

static long now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct awaited *slot_of(const char *name)
{
	for (struct awaited *one = awaited; one < awaited + AWAITED_MAX; one++)
		if (one->state != NOBODY && strcmp(one->device.name, name) == 0)
			return one;
	for (struct awaited *one = awaited; one < awaited + AWAITED_MAX; one++)
		if (one->state == NOBODY)
			return one;
	return awaited; /* somebody who was waited for in vain */
}

static void await(const struct uevent *device, int state)
{
	struct awaited *one = slot_of(device->name);
	one->device = *device;
	one->state = state;
}

static int is_it(const struct stat *stat, const struct uevent *device)
{
	return (stat->st_mode & S_IFMT) == device->kind && stat->st_rdev == device->number;
}

static int has_come(const struct uevent *device)
{
	int fd = openat(guest_dev, device->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	struct stat stat;
	int come = fstat(fd, &stat) == 0 && is_it(&stat, device);
	close(fd);
	return come;
}

static int has_gone(const struct uevent *device)
{
	struct stat stat;
	return fstatat(guest_dev, device->name, &stat, AT_SYMLINK_NOFOLLOW) < 0 || !is_it(&stat, device);
}

/* Whether somebody is still waited for. */
static int look(void)
{
	int left = 0;
	for (struct awaited *one = awaited; one < awaited + AWAITED_MAX; one++) {
		if (one->state == NOBODY)
			continue;
		long start = now_us(); /* opening may take its own time, which is the device's */
		if (one->state == COMING ? !has_come(&one->device) : !has_gone(&one->device)) {
			left = 1;
			continue;
		}
		printf("%s %s %ld\n", one->state == COMING ? "usable" : "gone", one->device.name, start);
		one->state = NOBODY;
	}
	return left;
}

static void hear(int fd, const char *from, const char *pattern)
{
	struct uevent event;
	if (!hear_uevent(fd, pattern, &event))
		return;
	int comes = strcmp(event.action, "add") == 0;
	if (!comes && strcmp(event.action, "remove") != 0)
		return;
	printf("%s-%s %s %ld\n", from, event.action, event.name, now_us());
	if (strcmp(from, "kernel") == 0)
		await(&event, comes ? COMING : GOING);
}

static void end(int signal)
{
	(void)signal;
	over = 1;
}

static int prepare(const char *dev, const char *procs)
{
	/* Whoever measures is woken before whoever is measured. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
	int cgroup = open(procs, O_WRONLY | O_CLOEXEC), watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	guest_dev = open(dev, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (guest_dev < 0 || watch < 0 || cgroup < 0 || write(cgroup, "0", 1) != 1 ||
	    inotify_add_watch(watch, dev, IN_CREATE | IN_MOVED_TO | IN_DELETE) < 0) {
		perror(dev);
		return -1;
	}
	close(cgroup);
	return watch;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int watch = prepare(argv[1], argv[2]);
	if (watch < 0)
		return 1;
	struct pollfd sources[] = { { listen_to(KERNEL_GROUP), POLLIN, 0 },
				    { listen_to(UDEV_GROUP), POLLIN, 0 },
				    { watch, POLLIN, 0 } };
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	puts("ready - 0");
	fflush(stdout);
	for (long told = 0, wait_us; !over;) {
		char changes[16384]; /* only that there are some counts */
		wait_us = !look() ? CALM_MS * 1000 : now_us() - told < HASTE_US ? SOON_US : LATER_US;
		struct timespec wait = { .tv_nsec = wait_us * 1000 };
		if (ppoll(sources, 3, &wait, NULL) == 0 && now_us() - told > HASTE_US)
			fflush(stdout);
		if (sources[0].revents || sources[1].revents)
			told = now_us();
		if (sources[0].revents)
			hear(sources[0].fd, "kernel", argv[3]);
		if (sources[1].revents)
			hear(sources[1].fd, "udev", argv[3]);
		if (sources[2].revents && read(watch, changes, sizeof changes) < 0 && errno != EAGAIN)
			return 1;
	}
	return 0;
}
