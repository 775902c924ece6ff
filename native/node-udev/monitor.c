#include "monitor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 32 };

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct ucred))];
};

/* One reader, one batch at a time: a batch lives only inside monitor_read. */
static struct batch {
	char bytes[BATCH][UEVENT_BYTES_MAX];
	union control control[BATCH];
	struct sockaddr_nl from[BATCH];
	struct iovec part[BATCH];
	struct mmsghdr message[BATCH];
} batch;

static int configure(int fd, enum uevent_group group, int bytes);
static void prepare_batch(void);
static struct uevent_datagram describe(unsigned int index, enum uevent_group group);

int monitor_open(enum uevent_group group, int bytes)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	int error;

	if (fd < 0)
		return -errno;
	error = configure(fd, group, bytes);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

int monitor_buffer_bytes(int fd)
{
	int bytes = 0;
	socklen_t size = sizeof(bytes);

	return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &size) == 0 ? bytes : -errno;
}

enum monitor_read monitor_read(int fd, enum uevent_group group, monitor_fn *received)
{
	int count;

	prepare_batch();
	count = recvmmsg(fd, batch.message, BATCH, MSG_DONTWAIT, NULL);
	if (count < 0 && errno == ENOBUFS)
		return MONITOR_LOST;
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? MONITOR_EMPTY : MONITOR_BROKEN;
	for (int i = 0; i < count; i++) {
		struct uevent_datagram datagram = describe((unsigned int)i, group);

		received(&datagram, batch.message[i].msg_hdr.msg_flags & MSG_TRUNC);
	}
	return count == BATCH ? MONITOR_MORE : MONITOR_EMPTY;
}

/* Credentials are asked for before the group is joined: a message without them could not be judged. */
static int configure(int fd, enum uevent_group group, int bytes)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = group};
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	return bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 ? 0 : -errno;
}

static void prepare_batch(void)
{
	for (int i = 0; i < BATCH; i++) {
		batch.part[i] = (struct iovec){batch.bytes[i], sizeof(batch.bytes[i])};
		batch.message[i].msg_hdr = (struct msghdr){
			.msg_name = &batch.from[i],
			.msg_namelen = sizeof(batch.from[i]),
			.msg_iov = &batch.part[i],
			.msg_iovlen = 1,
			.msg_control = &batch.control[i],
			.msg_controllen = sizeof(batch.control[i]),
		};
	}
}

static struct uevent_datagram describe(unsigned int index, enum uevent_group group)
{
	struct msghdr *message = &batch.message[index].msg_hdr;
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct uevent_datagram datagram = {
		.socket = group,
		.bytes = batch.bytes[index],
		.length = batch.message[index].msg_len,
		.port = batch.from[index].nl_pid,
		.groups = batch.from[index].nl_groups,
		.uid = (uid_t)-1,
	};
	struct ucred sender;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&sender, CMSG_DATA(control), sizeof(sender));
		datagram.uid = sender.uid;
		datagram.pid = sender.pid;
	}
	return datagram;
}
