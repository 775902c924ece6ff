#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "binds.h"
#include "publish.h"

static int bind(const struct guest *guest, const struct place *place, int made, mode_t type, struct failure *failure);
static int put_on_placeholder(const struct guest *guest, const struct place *place, int tree, mode_t type,
			      struct failure *failure);
static int make_placeholder(const struct guest *guest, const struct place *place, mode_t type);
static int attach(const struct guest *guest, int tree, int placeholder);
static int stage_folder(const struct guest *guest);
static int name_staged(const struct guest *guest, int fd);
static bool staged_name(int fd, char *name, size_t size);

/* The staged name stays while the mount does: without a name the guest would see a deleted file. */
int bind_node(const struct guest *guest, const struct place *place, const struct node *node, struct failure *failure)
{
	autofd int made = node_make(guest->staging, node, place->path, failure);
	int error = made < 0 ? -1 : name_staged(guest, made);

	if (error < 0)
		return made < 0 ? -1 : fail(failure, -error, "renameat", place->path);
	if (bind(guest, place, made, S_IFREG, failure) == 0)
		return 0;
	unstage(guest, place, made, 0);
	return -1;
}

int bind_folder(const struct guest *guest, const struct place *place, struct failure *failure)
{
	autofd int made = stage_folder(guest);

	if (made < 0)
		return fail(failure, -made, "mkdirat", place->path);
	if (bind(guest, place, made, S_IFDIR, failure) == 0)
		return 0;
	unstage(guest, place, made, AT_REMOVEDIR);
	return -1;
}

int unstage(const struct guest *guest, const struct place *place, int fd, int flags)
{
	char name[32];

	if (place->staged || !is_staged(guest, fd))
		return 0;
	if (!staged_name(fd, name, sizeof(name)))
		return -errno;
	return unlinkat(guest->staging, name, flags) < 0 && errno != ENOENT ? -errno : 0;
}

static int bind(const struct guest *guest, const struct place *place, int made, mode_t type, struct failure *failure)
{
	autofd int tree = open_tree(made, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	return tree < 0 ? fail(failure, errno, "open_tree", place->path) :
			  put_on_placeholder(guest, place, tree, type, failure);
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

static int stage_folder(const struct guest *guest)
{
	unsigned int user = 0, group = 0;
	int fd, error;

	id_to_host(&guest->users, 0, &user);
	id_to_host(&guest->groups, 0, &group);
	clear_temporary(guest->staging);
	if (mkdirat(guest->staging, TEMPORARY, 0755) < 0)
		return -errno;
	fd = openat(guest->staging, TEMPORARY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = fchownat(fd, "", user, group, AT_EMPTY_PATH) < 0 ? -errno : name_staged(guest, fd);
	if (error == 0)
		return fd;
	close_fd(&fd);
	return error;
}

/* From TEMPORARY to its name. */
static int name_staged(const struct guest *guest, int fd)
{
	char name[32];

	if (!staged_name(fd, name, sizeof(name)))
		return -errno;
	return renameat(guest->staging, TEMPORARY, guest->staging, name) < 0 ? -errno : 0;
}

/* Its inode number, which is what can be seen of it from inside the guest. */
static bool staged_name(int fd, char *name, size_t size)
{
	struct stat staged;

	if (fstat(fd, &staged) < 0)
		return false;
	snprintf(name, size, "%llu", (unsigned long long)staged.st_ino);
	return true;
}
