#include "belonging_found.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroups.h"

int belonging_open_cgroup(const struct cgroup_id *cgroup, const struct hierarchy **hierarchy)
{
	struct stat found;

	for (int i = 0; (*hierarchy = hierarchy_at(i)); i++) {
		int folder;

		if (stat((*hierarchy)->mount, &found) < 0 || found.st_dev != cgroup->device)
			continue;
		folder = cgroup_open_in(*hierarchy, cgroup->path);
		if (folder >= 0 && fstat(folder, &found) == 0 && found.st_dev == cgroup->device &&
		    found.st_ino == cgroup->inode)
			return folder;
		close_fd(&folder);
	}
	return -ENOENT;
}

/* Its name can be another one's, its number only in theory. */
bool link_is_there(int socket, int network, const struct link_id *id)
{
	struct link link;

	return link_find(socket, id->index, &link) == 0 && link.is_pair && link.index == id->index &&
	       link.peer == id->peer && link.network != NO_NETWORK && strcmp(link.name, id->name) == 0 &&
	       memcmp(link.address, id->address, sizeof(id->address)) == 0 &&
	       (network < 0 || links_network(socket, network) == link.network);
}
