/*
 * Times what happens to a device on its way into a guest, from outside of whoever brings it there:
 * stopwatch GUEST-DEV DEVICES-CGROUP. Prints lines "EVENT NAME MICROSECONDS" with EVENT one of kernel-add, udev-add,
 * usable, kernel-remove, udev-remove, gone. "usable" is the first open that succeeds from inside the guest's cgroup. What was
 * seen is said when nothing has happened for a while: a reader that wakes up meanwhile would take its time from the measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WAITING_MAX = 64, NAME_MAX_BYTES = 64, CALM_MS = 30 };

static int guest_dev;
static char waiting[WAITING_MAX][NAME_MAX_BYTES]; /* names that exist and cannot be opened yet */

static void print(const char *event, const char *name)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%s %s %ld\n", event, name, now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

static int listen_to(unsigned int group)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = group };
	int size = 16 << 20, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		perror("netlink");
		exit(1);
	}
	return fd;
}

static const char *property(const char *text, const char *end, const char *key)
{
	for (size_t length = strlen(key); text < end; text += strlen(text) + 1)
		if (strncmp(text, key, length) == 0)
			return text + length;
	return NULL;
}

static void hear_uevent(int fd, const char *from)
{
	char buffer[65536];
	ssize_t size = recv(fd, buffer, sizeof buffer - 1, 0);
	if (size <= 0)
		return;
	buffer[size] = '\0';
	const char *start = buffer, *end = buffer + size;
	if (strcmp(buffer, "libudev") == 0) {
		uint32_t offset;
		memcpy(&offset, buffer + 16, sizeof offset);
		start = buffer + offset;
	}
	const char *action = property(start, end, "ACTION="), *name = property(start, end, "DEVNAME=");
	if (action == NULL || name == NULL || (strcmp(action, "add") != 0 && strcmp(action, "remove") != 0))
		return;
	const char *base = strrchr(name, '/');
	char event[32];
	snprintf(event, sizeof event, "%s-%s", from, action);
	print(event, base == NULL ? name : base + 1);
}

static int is_usable(const char *name)
{
	int fd = openat(guest_dev, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	close(fd);
	print("usable", name);
	return 1;
}

static void await(const char *name)
{
	if (is_usable(name))
		return;
	for (int slot = 0; slot < WAITING_MAX; slot++) {
		if (waiting[slot][0] != '\0')
			continue;
		snprintf(waiting[slot], NAME_MAX_BYTES, "%s", name);
		return;
	}
}

/* Whether somebody still waits: then the next look is in a tenth of a millisecond. */
static int try_waiting(void)
{
	int left = 0;
	for (int slot = 0; slot < WAITING_MAX; slot++) {
		if (waiting[slot][0] == '\0')
			continue;
		if (is_usable(waiting[slot]))
			waiting[slot][0] = '\0';
		else
			left = 1;
	}
	return left;
}

static void hear_guest(int fd)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t size = read(fd, buffer, sizeof buffer);
	for (char *at = buffer; at < buffer + size;) {
		const struct inotify_event *event = (const struct inotify_event *)at;
		at += sizeof *event + event->len;
		if (strncmp(event->name, "loop", 4) != 0)
			continue;
		if (event->mask & (IN_CREATE | IN_MOVED_TO))
			await(event->name);
		else
			print("gone", event->name);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	guest_dev = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int watch = inotify_init1(IN_CLOEXEC), procs = open(argv[2], O_WRONLY | O_CLOEXEC);
	if (guest_dev < 0 || watch < 0 || procs < 0 || write(procs, "0", 1) != 1 ||
	    inotify_add_watch(watch, argv[1], IN_CREATE | IN_MOVED_TO | IN_DELETE) < 0) {
		perror(argv[1]);
		return 1;
	}
	struct pollfd sources[] = { { listen_to(1), POLLIN, 0 }, { listen_to(2), POLLIN, 0 }, { watch, POLLIN, 0 } };
	puts("ready - 0");
	fflush(stdout);
	for (;;) {
		struct timespec soon = { .tv_nsec = 100000 }, calm = { .tv_nsec = CALM_MS * 1000000 };
		if (ppoll(sources, 3, try_waiting() ? &soon : &calm, NULL) == 0)
			fflush(stdout);
		if (sources[0].revents)
			hear_uevent(sources[0].fd, "kernel");
		if (sources[1].revents)
			hear_uevent(sources[1].fd, "udev");
		if (sources[2].revents)
			hear_guest(watch);
	}
}
