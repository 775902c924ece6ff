#include "links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 65536, PATIENCE_S = 5 };

struct question {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct rtgenmsg network;
	};
	char room[64];
};
typedef void message_fn(const struct nlmsghdr *message, void *context);

static int ask(int socket, struct question *question, message_fn *each, void *context);
static bool take(const char *bytes, ssize_t length, message_fn *each, void *context, int *error);
static void read_link(const struct nlmsghdr *message, struct link *link);
static bool is_veth(const struct rtattr *info);
static void tell_link(const struct nlmsghdr *message, void *context);
static void keep_link(const struct nlmsghdr *message, void *context);
static void keep_network(const struct nlmsghdr *message, void *context);

struct teller {
	link_fn *each;
	void *context;
};

int links_open(void)
{
	struct timeval patience = { .tv_sec = PATIENCE_S };
	int opened = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (opened < 0)
		return -errno;
	if (setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return opened;
	close(opened);
	return -EIO;
}

int links_each(int socket, link_fn *each, void *context)
{
	struct question question = {
		.head = { NLMSG_LENGTH(sizeof(question.link)), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0 },
	};
	struct teller teller = { each, context };

	return ask(socket, &question, tell_link, &teller);
}

int link_find(int socket, int index, struct link *link)
{
	struct question question = {
		.head = { NLMSG_LENGTH(sizeof(question.link)), RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 0 },
		.link = { .ifi_index = index },
	};

	return ask(socket, &question, keep_link, link);
}

int link_remove(int socket, int index)
{
	struct question question = {
		.head = { NLMSG_LENGTH(sizeof(question.link)), RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 0 },
		.link = { .ifi_index = index },
	};

	return ask(socket, &question, NULL, NULL);
}

int links_network(int socket, int network)
{
	struct question question = {
		.head = { NLMSG_LENGTH(sizeof(question.network)), RTM_GETNSID, NLM_F_REQUEST | NLM_F_ACK, 0, 0 },
	};
	struct rtattr *which = (struct rtattr *)((char *)&question + NLMSG_ALIGN(question.head.nlmsg_len));
	int number = NO_NETWORK, error;

	which->rta_type = NETNSA_FD;
	which->rta_len = RTA_LENGTH(sizeof(network));
	memcpy(RTA_DATA(which), &network, sizeof(network));
	question.head.nlmsg_len = NLMSG_ALIGN(question.head.nlmsg_len) + which->rta_len;
	error = ask(socket, &question, keep_network, &number);
	return error < 0 ? error - 1 : number;
}

/* Ends with the kernel's word that it is done: of a dump, or of one thing. */
static int ask(int socket, struct question *question, message_fn *each, void *context)
{
	static char bytes[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	int error = 1;

	if (send(socket, question, question->head.nlmsg_len, 0) < 0)
		return -errno;
	for (bool more = true; more;) {
		ssize_t got = recv(socket, bytes, sizeof(bytes), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EPROTO;
		more = take(bytes, got, each, context, &error);
	}
	return error;
}

static bool take(const char *bytes, ssize_t length, message_fn *each, void *context, int *error)
{
	unsigned int left = (unsigned int)length;

	for (const struct nlmsghdr *message = (const void *)bytes; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
			memcpy(error, NLMSG_DATA(message), sizeof(*error));
			return false;
		}
		if (each)
			each(message, context);
	}
	return true;
}

static void tell_link(const struct nlmsghdr *message, void *context)
{
	const struct teller *teller = context;
	struct link link;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	read_link(message, &link);
	teller->each(&link, teller->context);
}

static void keep_link(const struct nlmsghdr *message, void *context)
{
	if (message->nlmsg_type == RTM_NEWLINK)
		read_link(message, context);
}

static void read_link(const struct nlmsghdr *message, struct link *link)
{
	const struct ifinfomsg *head = NLMSG_DATA(message);
	unsigned int left = (unsigned int)IFLA_PAYLOAD(message);

	*link = (struct link){ .index = head->ifi_index, .network = NO_NETWORK };
	for (const struct rtattr *at = IFLA_RTA(head); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		size_t length = RTA_PAYLOAD(at);

		if (at->rta_type == IFLA_IFNAME)
			memcpy(link->name, RTA_DATA(at), length < sizeof(link->name) ? length : sizeof(link->name) - 1);
		else if (at->rta_type == IFLA_ADDRESS && length == sizeof(link->address))
			memcpy(link->address, RTA_DATA(at), length);
		else if (at->rta_type == IFLA_LINK && length == sizeof(link->peer))
			memcpy(&link->peer, RTA_DATA(at), length);
		else if (at->rta_type == IFLA_LINK_NETNSID && length == sizeof(link->network))
			memcpy(&link->network, RTA_DATA(at), length);
		else if (at->rta_type == IFLA_LINKINFO)
			link->is_pair = is_veth(at);
	}
}

static bool is_veth(const struct rtattr *info)
{
	unsigned int left = (unsigned int)RTA_PAYLOAD(info);

	for (const struct rtattr *at = RTA_DATA(info); RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == IFLA_INFO_KIND)
			return RTA_PAYLOAD(at) >= sizeof("veth") && strcmp(RTA_DATA(at), "veth") == 0;
	return false;
}

static void keep_network(const struct nlmsghdr *message, void *context)
{
	const struct rtgenmsg *head = NLMSG_DATA(message);
	const struct rtattr *at = (const void *)((const char *)head + NLMSG_ALIGN(sizeof(*head)));
	unsigned int left = (unsigned int)NLMSG_PAYLOAD(message, sizeof(*head));

	for (; message->nlmsg_type == RTM_NEWNSID && RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == NETNSA_NSID && RTA_PAYLOAD(at) == sizeof(int))
			memcpy(context, RTA_DATA(at), sizeof(int));
}
