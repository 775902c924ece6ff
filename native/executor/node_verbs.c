#include <errno.h>
#include <unistd.h>

#include "binds.h"
#include "diskseq.h"
#include "publish.h"
#include "verbs.h"

static int read_node(const struct guest *guest, const struct request *request, struct node *node,
		     struct failure *failure);
static int put_node(const struct guest *guest, const struct place *place, const struct node *node,
		    struct failure *failure);
static int replace_node(const struct guest *guest, const struct place *place, const struct node *node, int old,
			struct failure *failure);
static int check_found(int fd, const char *path, struct stat *found, struct failure *failure);

int guest_make_node(struct guest *guest, const struct request *request, struct answer *answer,
		    struct failure *failure)
{
	struct stat found;
	struct node node;

	(void)answer;
	if (read_node(guest, request, &node, failure) < 0 ||
	    number_check(&node.number, request->word[3], failure) < 0 ||
	    diskseq_check(request, &node.number, optional_word(request, 7), failure) < 0)
		return -1;
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return -1;
	autofd int fd = place_look(&place);
	if (fd == -ENOENT)
		return put_node(guest, &place, &node, failure);
	if (check_found(fd, place.path, &found, failure) < 0)
		return -1;
	return number_is(&node.number, &found) ? node_own(fd, &node, place.path, failure) :
						 replace_node(guest, &place, &node, fd, failure);
}

int guest_set_node(struct guest *guest, const struct request *request, struct answer *answer,
		   struct failure *failure)
{
	struct stat found;
	struct node node;

	(void)answer;
	if (read_node(guest, request, &node, failure) < 0)
		return -1;
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return -1;
	autofd int fd = place_look(&place);
	if (check_found(fd, place.path, &found, failure) < 0)
		return -1;
	return number_is(&node.number, &found) ? node_own(fd, &node, place.path, failure) :
						 fail(failure, EPERM, "number", place.path);
}

int guest_remove_node(struct guest *guest, const struct request *request, struct answer *answer,
		      struct failure *failure)
{
	struct device_number number;
	struct stat found;
	int error;

	(void)answer;
	if (!parse_number(request->word[3], &number))
		return malformed(request, failure);
	autoplace struct place place = { .parent = -1 };
	if (place_open(guest, request->word[2], &place, failure) < 0)
		return failure->error == ENOENT ? 0 : -1;
	autofd int fd = place_look(&place);
	if (fd == -ENOENT)
		return 0;
	if (check_found(fd, place.path, &found, failure) < 0)
		return -1;
	if (!number_is(&number, &found))
		return fail(failure, EPERM, "number", place.path);
	error = withdraw(guest, &place, 0);
	if (error == 0)
		error = unstage(guest, &place, fd, 0);
	return error < 0 && error != -ENOENT ? fail(failure, -error, "unlinkat", place.path) : 0;
}

static int read_node(const struct guest *guest, const struct request *request, struct node *node,
		     struct failure *failure)
{
	if (!parse_number(request->word[3], &node->number) || !parse_mode(request->word[4], &node->mode))
		return malformed(request, failure);
	return parse_owner(guest, request, 5, &node->owner, failure);
}

static int put_node(const struct guest *guest, const struct place *place, const struct node *node,
		    struct failure *failure)
{
	if (guest->binds && !place->staged)
		return bind_node(guest, place, node, failure);
	autofd int made = node_make(place->parent, node, place->path, failure);
	return made < 0 ? -1 : publish(guest, place, is_node, failure);
}

static int replace_node(const struct guest *guest, const struct place *place, const struct node *node, int old,
			struct failure *failure)
{
	int error = put_node(guest, place, node, failure);

	if (error < 0)
		return -1;
	error = unstage(guest, place, old, 0);
	return error < 0 ? fail(failure, -error, "unlinkat", place->path) : 0;
}

/* A node bound from the host's own /dev is the host's: its owner is not a guest's to have. */
static int check_found(int fd, const char *path, struct stat *found, struct failure *failure)
{
	if (fd < 0)
		return fail(failure, -fd, "openat", path);
	if (fstat(fd, found) < 0)
		return fail(failure, errno, "fstat", path);
	if (!is_node(found->st_mode))
		return fail(failure, EEXIST, "foreign", path);
	return is_on_host_dev(fd) ? fail(failure, EXDEV, "host", path) : 0;
}
