#include "watches.h"

#include <stddef.h>
#include <string.h>

static struct watch watches[WATCHES_MAX];
static int used;

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
	struct watch *watch = &watches[used];

	for (int i = 0; i < used; i++)
		if (watches[i].wd == wd && watches[i].is_host == is_host && strcmp(watches[i].owner, owner) == 0 &&
		    strcmp(watches[i].path, path) == 0)
			return &watches[i];
	if (used == WATCHES_MAX || strlen(owner) >= sizeof(watch->owner) || strlen(path) >= sizeof(watch->path))
		return NULL;
	*watch = (struct watch){ .wd = wd, .is_host = is_host };
	strcpy(watch->owner, owner);
	strcpy(watch->path, path);
	used++;
	return watch;
}

void watches_remove(int index)
{
	watches[index] = watches[--used];
}

bool watches_has_descriptor(int wd)
{
	for (int i = 0; i < used; i++)
		if (watches[i].wd == wd)
			return true;
	return false;
}
