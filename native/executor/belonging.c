#include "belonging.h"

#include <stdio.h>
#include <string.h>

#include "executor.h"
#include "guest.h"

static bool read_net(char *rest, struct network_id *net);
static bool read_link_id(char *rest, struct link_id *link);
static bool read_cgroup(char *rest, struct cgroup_id *cgroup);
static bool read_loop(char *rest, struct loop_id *loop);
static bool read_root(char *rest, struct root_id *root);
static bool read_number(char **rest, unsigned long max, unsigned long *number);
static bool read_address(const char *digits, unsigned char address[ADDRESS_BYTES]);

bool belonging_read(const char *word, struct belonging *belonging)
{
	char copy[BELONGING_BYTES], *rest = copy;
	const char *kind;

	if (strlen(word) >= sizeof(copy))
		return false;
	strcpy(copy, word);
	*belonging = (struct belonging){ 0 };
	kind = strsep(&rest, ":");
	if (strcmp(kind, "net") == 0)
		return read_net(rest, &belonging->net);
	belonging->kind = BELONGS_LINK;
	if (strcmp(kind, "link") == 0)
		return read_link_id(rest, &belonging->link);
	belonging->kind = BELONGS_LOOP;
	if (strcmp(kind, "loop") == 0)
		return read_loop(rest, &belonging->loop);
	belonging->kind = BELONGS_ROOT;
	if (strcmp(kind, "root") == 0)
		return read_root(rest, &belonging->root);
	belonging->kind = BELONGS_CGROUP;
	return strcmp(kind, "cgroup") == 0 && read_cgroup(rest, &belonging->cgroup);
}

const char *belonging_text(const struct belonging *belonging, char text[BELONGING_BYTES])
{
	const struct link_id *link = &belonging->link;
	const unsigned char *at = link->address;

	switch (belonging->kind) {
	case BELONGS_NET:
		snprintf(text, BELONGING_BYTES, "net:%llu:%llu", (unsigned long long)belonging->net.inode,
			 (unsigned long long)belonging->net.cookie);
		break;
	case BELONGS_LINK:
		snprintf(text, BELONGING_BYTES, "link:%d:%d:%02x%02x%02x%02x%02x%02x:%s", link->index, link->peer, at[0],
			 at[1], at[2], at[3], at[4], at[5], link->name);
		break;
	case BELONGS_CGROUP:
		snprintf(text, BELONGING_BYTES, "cgroup:%llu:%llu:%s", (unsigned long long)belonging->cgroup.device,
			 (unsigned long long)belonging->cgroup.inode, belonging->cgroup.path);
		break;
	case BELONGS_LOOP:
		snprintf(text, BELONGING_BYTES, "loop:%u:%llu:%llu:%llu:%s", belonging->loop.number,
			 (unsigned long long)belonging->loop.diskseq, (unsigned long long)belonging->loop.device,
			 (unsigned long long)belonging->loop.inode, belonging->loop.path);
		break;
	case BELONGS_ROOT:
		snprintf(text, BELONGING_BYTES, "root:%u:%u:%lu:%llu", belonging->root.major, belonging->root.minor,
			 belonging->root.diskseq, (unsigned long long)belonging->root.inode);
		break;
	}
	return text;
}

static bool read_net(char *rest, struct network_id *net)
{
	unsigned long inode, cookie;

	if (!read_number(&rest, ~0UL, &inode) || !read_number(&rest, ~0UL, &cookie) || rest)
		return false;
	*net = (struct network_id){ inode, cookie };
	return cookie != 0;
}

static bool read_link_id(char *rest, struct link_id *link)
{
	unsigned long index, peer;
	const char *digits;

	if (!read_number(&rest, INT_MAX, &index) || !read_number(&rest, INT_MAX, &peer) || index == 0)
		return false;
	digits = strsep(&rest, ":");
	if (!rest || strlen(rest) >= sizeof(link->name) || !digits || !read_address(digits, link->address))
		return false;
	link->index = (int)index;
	link->peer = (int)peer;
	strcpy(link->name, rest);
	return true;
}

static bool read_cgroup(char *rest, struct cgroup_id *cgroup)
{
	unsigned long device, inode;

	if (!read_number(&rest, ~0UL, &device) || !read_number(&rest, ~0UL, &inode) || !rest ||
	    strlen(rest) >= sizeof(cgroup->path) || !is_guests_cgroup(rest, rest))
		return false;
	cgroup->device = device;
	cgroup->inode = inode;
	strcpy(cgroup->path, rest);
	return true;
}

static bool read_loop(char *rest, struct loop_id *loop)
{
	unsigned long number, diskseq, device, inode;

	if (!read_number(&rest, LOOPS_MAX, &number) || !read_number(&rest, ~0UL, &diskseq) ||
	    !read_number(&rest, ~0UL, &device) || !read_number(&rest, ~0UL, &inode) || !rest ||
	    strlen(rest) >= sizeof(loop->path))
		return false;
	*loop = (struct loop_id){ .number = (unsigned int)number, .diskseq = diskseq, .device = device, .inode = inode };
	strcpy(loop->path, rest);
	return diskseq != 0;
}

static bool read_root(char *rest, struct root_id *root)
{
	unsigned long major, minor, diskseq, inode;

	if (!read_number(&rest, UINT32_MAX, &major) || !read_number(&rest, UINT32_MAX, &minor) ||
	    !read_number(&rest, ~0UL, &diskseq) || !read_number(&rest, ~0UL, &inode) || rest)
		return false;
	*root = (struct root_id){ (unsigned int)major, (unsigned int)minor, diskseq, inode };
	return inode != 0;
}

static bool read_number(char **rest, unsigned long max, unsigned long *number)
{
	const char *word = strsep(rest, ":");

	return word && parse_unsigned(word, max, number);
}

static bool read_address(const char *digits, unsigned char address[ADDRESS_BYTES])
{
	if (strlen(digits) != (size_t)2 * ADDRESS_BYTES || strspn(digits, "0123456789abcdef") != (size_t)2 * ADDRESS_BYTES)
		return false;
	for (int i = 0; i < ADDRESS_BYTES; i++)
		if (sscanf(digits + (size_t)2 * (size_t)i, "%2hhx", &address[i]) != 1)
			return false;
	return true;
}
