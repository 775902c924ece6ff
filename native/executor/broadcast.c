#include "broadcast.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "child.h"

enum { UEVENT_SEND = 16, UDEV_GROUP = 2 };

static int speak(const struct guest *guest, const struct news *news, bool as_kernel, bool as_udev);
static int act_as_root_of(const struct guest *guest);
static int send_as_kernel(int fd, const struct news *news);
static int send_as_udev(int fd, const struct news *news);

int broadcast(const struct guest *guest, const struct news *news, bool as_kernel, bool as_udev)
{
	autofd int process = -1;
	struct clone_args how = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&process,
		.exit_signal = SIGCHLD,
	};
	pid_t parent = getpid(), child = (pid_t)syscall(SYS_clone3, &how, sizeof(how));

	if (child == 0) {
		child_begin(parent);
		_exit(-speak(guest, news, as_kernel, as_udev));
	}
	return child < 0 ? -errno : child_await(child, process);
}

int seqnum_read(char *seqnum, size_t size)
{
	autofd int fd = open("/sys/kernel/uevent_seqnum", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, seqnum, size - 1);

	if (got <= 0)
		return got < 0 ? -errno : -ENODATA;
	seqnum[got] = '\0';
	seqnum[strcspn(seqnum, "\n")] = '\0';
	return 0;
}

/* In the child, which never comes back to the host's network. */
static int speak(const struct guest *guest, const struct news *news, bool as_kernel, bool as_udev)
{
	struct stat ours, theirs;
	int error;

	if (stat("/proc/self/ns/net", &ours) < 0 || setns(guest->pidfd, CLONE_NEWNET) < 0 ||
	    stat("/proc/self/ns/net", &theirs) < 0)
		return -errno;
	if (ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev)
		return 0;
	error = act_as_root_of(guest);
	if (error < 0)
		return error;
	autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return -errno;
	if (as_kernel)
		error = send_as_kernel(fd, news);
	return error == 0 && as_udev ? send_as_udev(fd, news) : error;
}

/*
 * A listener counts the sender's uid in its own user namespace and believes uid 0 only. Of the host's powers nothing stays
 * but those over the network namespace.
 */
static int act_as_root_of(const struct guest *guest)
{
	struct __user_cap_header_struct version = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const uint32_t kept = 1u << CAP_SYS_ADMIN | 1u << CAP_NET_ADMIN;
	struct __user_cap_data_struct powers[2] = { { .effective = kept, .permitted = kept } };
	unsigned int user, group;

	if (!id_to_host(&guest->users, 0, &user) || !id_to_host(&guest->groups, 0, &group))
		return -EOVERFLOW;
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0 ||
	    setresuid(user, user, user) < 0 || syscall(SYS_capset, &version, powers) < 0)
		return -errno;
	die_with_parent();
	return 0;
}

/* The kernel adds a SEQNUM and passes it on as its own. */
static int send_as_kernel(int fd, const struct news *news)
{
	static struct text text;
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr header = { .nlmsg_type = UEVENT_SEND, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	struct iovec parts[] = { { &header, sizeof(header) }, { text.bytes, 0 } };
	struct msghdr whole = { .msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = parts, .msg_iovlen = 2 };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char echo[UDEV_NEWS_MAX];
	} answer;

	news_from_kernel(news, &text);
	if (text.is_cut)
		return -E2BIG;
	parts[1].iov_len = text.length;
	header.nlmsg_len = (uint32_t)(sizeof(header) + text.length);
	if (sendmsg(fd, &whole, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < (ssize_t)offsetof(typeof(answer), echo))
		return -errno;
	return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

/* Nobody who listens is no failure; a libudev takes no message without a number. */
static int send_as_udev(int fd, const struct news *news)
{
	static struct text text;
	struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = UDEV_GROUP };
	char seqnum[32];
	int error = seqnum_read(seqnum, sizeof(seqnum));

	if (error < 0)
		return error;
	news_from_udev(news, seqnum, &text);
	if (text.is_cut)
		return -E2BIG;
	if (sendto(fd, text.bytes, text.length, 0, (struct sockaddr *)&group, sizeof(group)) < 0)
		return errno == ECONNREFUSED ? 0 : -errno;
	return 0;
}
