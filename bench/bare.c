/*
 * The least that a resident process can do: at udev's event it makes the node, at the kernel's it takes it away. It knows no
 * rules, asks for no permission (the guest has to allow the majors) and trusts whatever it hears: bare GUEST-DEV PATTERN GID.
 */
#include "uevents.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int dev = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dev < 0) {
		perror(argv[1]);
		return 1;
	}
	umask(0);
	gid_t group = (gid_t)atoi(argv[3]);
	struct pollfd sources[] = { { listen_to(KERNEL_GROUP), POLLIN, 0 }, { listen_to(UDEV_GROUP), POLLIN, 0 } };
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct uevent event;
		if (poll(sources, 2, -1) < 0)
			return 1;
		if (sources[0].revents && hear_uevent(sources[0].fd, argv[2], &event) &&
		    strcmp(event.action, "remove") == 0 && unlinkat(dev, event.name, 0) < 0)
			perror(event.name);
		if (sources[1].revents && hear_uevent(sources[1].fd, argv[2], &event) &&
		    strcmp(event.action, "add") == 0 &&
		    (mknodat(dev, event.name, event.kind | 0660, event.number) < 0 ||
		     fchownat(dev, event.name, 0, group, AT_SYMLINK_NOFOLLOW) < 0))
			perror(event.name);
	}
}
