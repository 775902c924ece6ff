/* One uevent datagram judged and taken apart. Pure: no system call, no allocation, no state. */
#ifndef NODE_UDEV_UEVENT_H
#define NODE_UDEV_UEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { UEVENT_BYTES_MIN = 32, UEVENT_BYTES_MAX = 8192 };

/* Values are the netlink multicast groups. */
enum uevent_group { UEVENT_KERNEL = 1, UEVENT_UDEV = 2 };

enum uevent_verdict {
	UEVENT_ACCEPTED,
	UEVENT_SENDER,
	UEVENT_INJECTED,
	UEVENT_MAGIC,
	UEVENT_SHORT,
	UEVENT_HEADER,
	UEVENT_NAME,
	UEVENT_UNICAST,
	UEVENT_UNVERIFIED, /* never from here: whether the sender is udevd only /proc can tell */
	UEVENT_VERDICTS
};

/* As recvmsg gave it. Without SCM_CREDENTIALS uid is (uid_t)-1. */
struct uevent_datagram {
	enum uevent_group socket;
	const char *bytes;
	size_t length;
	uint32_t port, groups;
	pid_t pid;
	uid_t uid;
};

/* Strings point into the datagram and live as long as it does. old_devpath is "" unless the device moved. */
struct uevent {
	enum uevent_group group;
	const char *action, *devpath, *subsystem, *old_devpath;
	uint64_t seqnum;
};

/* Whom a datagram is from, as far as the kernel vouches for it: right even for one that was cut short. */
enum uevent_verdict uevent_judge_sender(const struct uevent_datagram *datagram);

/* Both sender and content; fills uevent only when accepted. */
enum uevent_verdict uevent_parse(const struct uevent_datagram *datagram, struct uevent *uevent);

const char *uevent_verdict_name(enum uevent_verdict verdict);

#endif
