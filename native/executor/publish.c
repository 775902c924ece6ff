#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "child.h"
#include "publish.h"

static int exchange(const struct place *place, bool (*replaced)(mode_t), struct failure *failure);

struct identity identity_in(const struct guest *guest, const struct place *place)
{
	return guest->binds && !place->staged ? identity_of_root(guest) : (struct identity){ false };
}

/* A guest without a root of its own in its map gets the id that owns nothing. */
struct identity identity_of_root(const struct guest *guest)
{
	unsigned int user = UINT_MAX - 2, group = UINT_MAX - 2;

	id_to_host(&guest->users, 0, &user);
	id_to_host(&guest->groups, 0, &group);
	setfsgid(group);
	setfsuid(user);
	if ((unsigned int)setfsuid((uid_t)-1) != user || (unsigned int)setfsgid((gid_t)-1) != group)
		abort();
	die_with_parent();
	return (struct identity){ true };
}

void identity_end(const struct identity *identity)
{
	if (!identity->changed)
		return;
	setfsuid(0);
	setfsgid(0);
	if (setfsuid((uid_t)-1) != 0 || setfsgid((gid_t)-1) != 0)
		abort();
	die_with_parent();
}

void clear_temporary(int folder)
{
	if (unlinkat(folder, TEMPORARY, 0) < 0 && errno == EISDIR)
		(void)unlinkat(folder, TEMPORARY, AT_REMOVEDIR);
}

int publish(const struct guest *guest, const struct place *place, bool (*replaced)(mode_t), struct failure *failure)
{
	autoidentity struct identity identity = identity_in(guest, place);

	int moved = renameat2(place->parent, TEMPORARY, place->parent, place->name, RENAME_NOREPLACE);

	(void)identity;
	if (moved < 0 && errno == EEXIST)
		moved = exchange(place, replaced, failure);
	else if (moved < 0)
		fail(failure, errno, "renameat2", place->path);
	if (moved < 0)
		clear_temporary(place->parent);
	return moved;
}

bool is_node(mode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode);
}

bool is_link(mode_t mode)
{
	return S_ISLNK(mode);
}

bool is_file(mode_t mode)
{
	return S_ISREG(mode);
}

bool is_nothing(mode_t mode)
{
	(void)mode;
	return false;
}

int withdraw(const struct guest *guest, const struct place *place, int flags)
{
	autoidentity struct identity identity = identity_in(guest, place);

	(void)identity;
	return unlinkat(place->parent, place->name, flags) < 0 ? -errno : 0;
}

/* Looked at only once it is out of the way: what the guest puts there meanwhile is given back untouched. */
static int exchange(const struct place *place, bool (*replaced)(mode_t), struct failure *failure)
{
	struct stat old;
	bool known;

	if (renameat2(place->parent, TEMPORARY, place->parent, place->name, RENAME_EXCHANGE) < 0)
		return fail(failure, errno, "renameat2", place->path);
	known = fstatat(place->parent, TEMPORARY, &old, AT_SYMLINK_NOFOLLOW) == 0;
	if (known && replaced(old.st_mode)) {
		clear_temporary(place->parent);
		return 0;
	}
	if (renameat2(place->parent, TEMPORARY, place->parent, place->name, RENAME_EXCHANGE) < 0)
		return fail(failure, errno, "renameat2", place->path);
	return fail(failure, EEXIST, "foreign", place->path);
}
