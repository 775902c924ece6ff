#include "watches.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

static struct watch *watches;
static int used, room;

static struct watch *find(int wd, bool is_host, const char *owner, const char *path);
static bool make_room(void);

struct watch *watches_at(int index)
{
	return index >= 0 && index < used ? &watches[index] : NULL;
}

int watches_count(void)
{
	return used;
}

struct watch *watches_add(int wd, bool is_host, const char *owner, const char *path)
{
	struct watch *watch = find(wd, is_host, owner, path);
	size_t owner_size = strlen(owner) + 1, path_size = strlen(path) + 1;
	char *names;

	if (watch)
		return watch;
	if (owner_size > WATCH_OWNER_BYTES || path_size > WATCH_PATH_BYTES || !make_room())
		return NULL;
	names = malloc(owner_size + path_size);
	if (!names)
		return NULL;
	memcpy(names, owner, owner_size);
	memcpy(names + owner_size, path, path_size);
	watch = &watches[used++];
	*watch = (struct watch){ .wd = wd, .is_host = is_host, .owner = names, .path = names + owner_size };
	return watch;
}

void watches_remove(int index)
{
	free(watches[index].owner);
	watches[index] = watches[--used];
}

bool watches_has_descriptor(int wd)
{
	for (int i = 0; i < used; i++)
		if (watches[i].wd == wd)
			return true;
	return false;
}

static struct watch *find(int wd, bool is_host, const char *owner, const char *path)
{
	for (int i = 0; i < used; i++)
		if (watches[i].wd == wd && watches[i].is_host == is_host && strcmp(watches[i].owner, owner) == 0 &&
		    strcmp(watches[i].path, path) == 0)
			return &watches[i];
	return NULL;
}

static bool make_room(void)
{
	int wanted = room ? 2 * room : FIRST_ROOM;
	struct watch *grown;

	if (used < room)
		return true;
	if (used == WATCHES_MAX)
		return false;
	grown = reallocarray(watches, (size_t)wanted, sizeof(*watches));
	if (!grown)
		return false;
	watches = grown;
	room = wanted;
	return true;
}
