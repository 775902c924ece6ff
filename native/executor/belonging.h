/*
 * What of the host is a guest's while it runs, as one word each. Every one names its thing for ever: a number that another one
 * has by now is not enough.
 */
#ifndef HOSTLER_BELONGING_H
#define HOSTLER_BELONGING_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "links.h"

enum { BELONGING_BYTES = PATH_MAX + 128, LOOPS_MAX = 1 << 20 };

/* `net:INODE:COOKIE`: a network namespace. The kernel gives the number of one that is gone to another, the cookie never. */
struct network_id {
	ino_t inode;
	uint64_t cookie;
};
/* `link:INDEX:PEER:ADDRESS:NAME`: the host's end of a pair of interfaces. */
struct link_id {
	int index, peer;
	unsigned char address[ADDRESS_BYTES];
	char name[IF_NAMESIZE];
};
/* `cgroup:DEVICE:INODE:PATH`, below the mount of its hierarchy. */
struct cgroup_id {
	dev_t device;
	ino_t inode;
	char path[PATH_MAX];
};
/* `loop:NUMBER:DISKSEQ:DEVICE:INODE:PATH`: a loop device, and the file that is attached to it. The kernel counts each use of a number. */
struct loop_id {
	unsigned int number;
	uint64_t diskseq;
	dev_t device;
	ino_t inode;
	char path[PATH_MAX];
};
/* `root:MAJOR:MINOR:DISKSEQ:INODE`: a root file system. DISKSEQ is 0 where it has no disk; INODE is that of the root. */
struct root_id {
	unsigned int major, minor;
	unsigned long diskseq;
	ino_t inode;
};
struct belonging {
	enum belonging_kind { BELONGS_NET, BELONGS_LINK, BELONGS_CGROUP, BELONGS_LOOP, BELONGS_ROOT } kind;
	union {
		struct network_id net;
		struct link_id link;
		struct cgroup_id cgroup;
		struct loop_id loop;
		struct root_id root;
	};
};
/* False: malformed. */
bool belonging_read(const char *word, struct belonging *belonging);
/* The word. */
const char *belonging_text(const struct belonging *belonging, char text[BELONGING_BYTES]);

#endif
