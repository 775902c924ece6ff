#include "uevents.h"
#include <fnmatch.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int listen_to(unsigned int group)
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

int hear_uevent(int fd, const char *pattern, struct uevent *event)
{
	char buffer[65536];
	ssize_t size = recv(fd, buffer, sizeof buffer - 1, 0);
	if (size <= 0)
		return 0;
	buffer[size] = '\0';
	const char *start = buffer, *end = buffer + size;
	if (strcmp(buffer, "libudev") == 0) {
		uint32_t offset;
		memcpy(&offset, buffer + 16, sizeof offset);
		start = buffer + offset;
	}
	const char *action = property(start, end, "ACTION="), *name = property(start, end, "DEVNAME=");
	const char *major = property(start, end, "MAJOR="), *minor = property(start, end, "MINOR=");
	const char *subsystem = property(start, end, "SUBSYSTEM=");
	if (action == NULL || name == NULL || major == NULL || minor == NULL || subsystem == NULL)
		return 0;
	if (strncmp(name, "/dev/", 5) == 0) /* udev writes it, the kernel does not */
		name += 5;
	snprintf(event->action, sizeof event->action, "%s", action);
	snprintf(event->name, sizeof event->name, "%s", name);
	event->kind = strcmp(subsystem, "block") == 0 ? S_IFBLK : S_IFCHR;
	event->number = makedev((unsigned int)atoi(major), (unsigned int)atoi(minor));
	return fnmatch(pattern, name, 0) == 0;
}
