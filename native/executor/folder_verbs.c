#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "binds.h"
#include "publish.h"
#include "verbs.h"

static int check_folder(int fd, const char *path, struct failure *failure);
static int put_folder(const struct guest *guest, const struct place *place, struct failure *failure);

int guest_make_folder(struct guest *guest, const struct request *request, struct answer *answer,
		      struct failure *failure)
{
	(void)answer;
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return -1;
	autofd int fd = place_look(&place);
	if (fd != -ENOENT)
		return check_folder(fd, place.path, failure);
	return guest->binds && !place.staged ? bind_folder(guest, &place, failure) :
					       put_folder(guest, &place, failure);
}

int guest_remove_folder(struct guest *guest, const struct request *request, struct answer *answer,
			struct failure *failure)
{
	int error;

	(void)answer;
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return failure->error == ENOENT ? 0 : -1;
	autofd int fd = place_look(&place);
	if (fd == -ENOENT)
		return 0;
	if (check_folder(fd, place.path, failure) < 0)
		return -1;
	clear_temporary(fd);
	/* The staged folder first: what is on the placeholder goes with it, empty or not. */
	error = unstage(guest, &place, fd, AT_REMOVEDIR);
	if (error == 0)
		error = withdraw(guest, &place, AT_REMOVEDIR);
	return error < 0 && error != -ENOENT ? fail(failure, -error, "unlinkat", place.path) : 0;
}

static int check_folder(int fd, const char *path, struct failure *failure)
{
	struct stat found;

	if (fd < 0)
		return fail(failure, -fd, "openat", path);
	if (fstat(fd, &found) < 0)
		return fail(failure, errno, "fstat", path);
	return S_ISDIR(found.st_mode) ? 0 : fail(failure, EEXIST, "foreign", path);
}

static int put_folder(const struct guest *guest, const struct place *place, struct failure *failure)
{
	unsigned int user = 0, group = 0;

	id_to_host(&guest->users, 0, &user);
	id_to_host(&guest->groups, 0, &group);
	clear_temporary(place->parent);
	if (mkdirat(place->parent, TEMPORARY, 0755) < 0)
		return fail(failure, errno, "mkdirat", place->path);
	autofd int made = openat(place->parent, TEMPORARY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (made >= 0 && fchownat(made, "", user, group, AT_EMPTY_PATH) == 0)
		return publish(guest, place, is_nothing, failure);
	fail(failure, errno, "fchownat", place->path);
	clear_temporary(place->parent);
	return -1;
}
