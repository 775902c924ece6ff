#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "publish.h"
#include "verbs.h"

static int read_target(const struct place *place, char *target, size_t size, struct failure *failure);
static int put_link(const struct guest *guest, const struct place *place, const char *target,
		    struct failure *failure);
static int make_temporary(const struct guest *guest, const struct place *place, const char *target);

int guest_make_link(struct guest *guest, const struct request *request, struct answer *answer,
		    struct failure *failure)
{
	char target[PATH_MAX];
	int there;

	(void)answer;
	if (request->word[3][0] == '\0' || strlen(request->word[3]) >= sizeof(target))
		return malformed(request, failure);
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return -1;
	there = read_target(&place, target, sizeof(target), failure);
	if (there < 0 || (there == 1 && strcmp(target, request->word[3]) == 0))
		return there < 0 ? -1 : 0;
	return put_link(guest, &place, request->word[3], failure);
}

int guest_remove_link(struct guest *guest, const struct request *request, struct answer *answer,
		      struct failure *failure)
{
	char target[PATH_MAX];
	int there, error;

	(void)answer;
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return failure->error == ENOENT ? 0 : -1;
	there = read_target(&place, target, sizeof(target), failure);
	if (there <= 0)
		return there;
	if (strcmp(target, request->word[3]) != 0)
		return fail(failure, EPERM, "target", place.path);
	error = withdraw(guest, &place, 0);
	return error < 0 && error != -ENOENT ? fail(failure, -error, "unlinkat", place.path) : 0;
}

/* 1: a link, its target read; 0: nothing is there. */
static int read_target(const struct place *place, char *target, size_t size, struct failure *failure)
{
	ssize_t length = readlinkat(place->parent, place->name, target, size - 1);

	if (length < 0 && errno == ENOENT)
		return 0;
	if (length < 0)
		return errno == EINVAL ? fail(failure, EEXIST, "foreign", place->path) :
					 fail(failure, errno, "readlinkat", place->path);
	target[length] = '\0';
	return 1;
}

static int put_link(const struct guest *guest, const struct place *place, const char *target,
		    struct failure *failure)
{
	int error = make_temporary(guest, place, target);

	if (error < 0)
		return fail(failure, -error, "symlinkat", place->path);
	return publish(guest, place, is_link, failure);
}

/* Owned by the guest's root, whoever may make it. */
static int make_temporary(const struct guest *guest, const struct place *place, const char *target)
{
	autoidentity struct identity identity = identity_in(guest, place);
	unsigned int user = 0, group = 0;

	clear_temporary(place->parent);
	if (symlinkat(target, place->parent, TEMPORARY) < 0)
		return -errno;
	if (identity.changed || !id_to_host(&guest->users, 0, &user) || !id_to_host(&guest->groups, 0, &group))
		return 0;
	return fchownat(place->parent, TEMPORARY, user, group, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}
