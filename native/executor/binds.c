#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "binds.h"
#include "publish.h"

static int put_on_placeholder(const struct guest *guest, const struct place *place, int tree, mode_t type,
			      struct failure *failure);
static int make_placeholder(const struct guest *guest, const struct place *place, mode_t type);
static int attach(const struct guest *guest, int tree, int placeholder);
static int stage_folder(const struct guest *guest, const char *path, struct failure *failure);
static void folder_name(const struct stat *folder, char *name, size_t size);

/* The staged name goes as soon as a mount shows the node, which then lives as long as that mount. */
int bind_node(const struct guest *guest, const struct place *place, const struct node *node, struct failure *failure)
{
	autofd int made = node_make(guest->staging, node, place->path, failure);
	int bound;

	if (made < 0)
		return -1;
	autofd int tree = open_tree(made, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	bound = tree < 0 ? fail(failure, errno, "open_tree", place->path) :
			   put_on_placeholder(guest, place, tree, S_IFREG, failure);
	clear_temporary(guest->staging);
	return bound;
}

int bind_folder(const struct guest *guest, const struct place *place, struct failure *failure)
{
	autofd int folder = stage_folder(guest, place->path, failure);

	if (folder < 0)
		return -1;
	autofd int tree = open_tree(folder, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0)
		fail(failure, errno, "open_tree", place->path);
	if (tree >= 0 && put_on_placeholder(guest, place, tree, S_IFDIR, failure) == 0)
		return 0;
	unstage_folder(guest, folder);
	return -1;
}

int unstage_folder(const struct guest *guest, int fd)
{
	struct stat folder;
	char name[32];

	clear_temporary(fd);
	if (fstat(fd, &folder) < 0)
		return -errno;
	folder_name(&folder, name, sizeof(name));
	return unlinkat(guest->staging, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

static int put_on_placeholder(const struct guest *guest, const struct place *place, int tree, mode_t type,
			      struct failure *failure)
{
	autofd int placeholder = make_placeholder(guest, place, type);
	int error = placeholder < 0 ? placeholder : attach(guest, tree, placeholder);

	if (placeholder < 0)
		return fail(failure, -error, "placeholder", place->path);
	if (error < 0) {
		clear_temporary(place->parent);
		return fail(failure, -error, "move_mount", place->path);
	}
	return publish(guest, place, type == S_IFDIR ? is_nothing : is_node, failure);
}

/* Empty and closed to everybody: it is seen only where the guest takes the mount off. */
static int make_placeholder(const struct guest *guest, const struct place *place, mode_t type)
{
	autoidentity struct identity identity = identity_in(guest, place);
	int made, fd;

	(void)identity;
	clear_temporary(place->parent);
	made = type == S_IFDIR ? mkdirat(place->parent, TEMPORARY, 0755) :
				 mknodat(place->parent, TEMPORARY, S_IFREG, 0);
	if (made < 0)
		return -errno;
	fd = openat(place->parent, TEMPORARY, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A worker that could not come back would take the guest's paths for the host's: it ends instead. */
static int attach(const struct guest *guest, int tree, int placeholder)
{
	int error = 0;

	if (setns(guest->mounts, CLONE_NEWNS) < 0)
		return -errno;
	if (move_mount(tree, "", placeholder, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		error = -errno;
	if (setns(guest->own_mounts, CLONE_NEWNS) < 0)
		abort();
	return error;
}

/* Its name is its inode number, which is what can be seen of it from inside the guest. */
static int stage_folder(const struct guest *guest, const char *path, struct failure *failure)
{
	unsigned int user = 0, group = 0;
	struct stat made;
	char name[32];
	int fd;

	id_to_host(&guest->users, 0, &user);
	id_to_host(&guest->groups, 0, &group);
	clear_temporary(guest->staging);
	if (mkdirat(guest->staging, TEMPORARY, 0755) < 0)
		return fail(failure, errno, "mkdirat", path);
	fd = openat(guest->staging, TEMPORARY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &made) < 0 || fchownat(fd, "", user, group, AT_EMPTY_PATH) < 0) {
		close_fd(&fd);
		return fail(failure, errno, "fchownat", path);
	}
	folder_name(&made, name, sizeof(name));
	if (renameat(guest->staging, TEMPORARY, guest->staging, name) == 0)
		return fd;
	close_fd(&fd);
	return fail(failure, errno, "renameat", path);
}

static void folder_name(const struct stat *folder, char *name, size_t size)
{
	snprintf(name, size, "%llu", (unsigned long long)folder->st_ino);
}
