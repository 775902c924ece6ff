/* Network interfaces of the executor's network namespace that have their other end in another one. */
#ifndef HOSTLER_LINKS_H
#define HOSTLER_LINKS_H

#include <net/if.h>
#include <stdbool.h>

enum { ADDRESS_BYTES = 6, NO_NETWORK = -1 };

struct link {
	int index, peer; /* of the other end, in its own namespace */
	int network;     /* the kernel's number for that namespace, NO_NETWORK where it is in this one */
	bool is_pair;    /* veth */
	unsigned char address[ADDRESS_BYTES];
	char name[IF_NAMESIZE];
};
typedef void link_fn(const struct link *link, void *context);
/* A socket that stays with the namespace in which it was opened, or -errno. */
int links_open(void);
/* Each of them: 0 or -errno. */
int links_each(int socket, link_fn *each, void *context);
/* 0 or -errno, ENODEV where there is none. */
int link_find(int socket, int index, struct link *link);
int link_remove(int socket, int index);
/* The kernel's number for a network namespace, as of a link's other end; NO_NETWORK: it has none here. -errno below that. */
int links_network(int socket, int network);

#endif
