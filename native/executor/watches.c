#include "watches.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

enum { BUCKETS = 8192 };

static struct watch *of_wd[BUCKETS], *of_owner[BUCKETS];
static struct watch *first_noted, *last_noted;
static int used;

static struct watch *find(int wd, bool is_host, const char *owner, const char *path);
static void unnote(struct watch *watch);
static bool is_noted(const struct watch *watch);

struct watch *watches_of_descriptor(int wd, const struct watch *previous)
{
	struct watch *watch = previous ? previous->next_of_wd : of_wd[(uint32_t)wd % BUCKETS];

	while (watch && watch->wd != wd)
		watch = watch->next_of_wd;
	return watch;
}

struct watch *watches_of_owner(bool is_host, const char *owner, const struct watch *previous)
{
	struct watch *watch = previous ? previous->next_of_owner : of_owner[hash_text(owner) % BUCKETS];

	while (watch && (watch->is_host != is_host || strcmp(watch->owner, owner) != 0))
		watch = watch->next_of_owner;
	return watch;
}

struct watch *watches_add(int wd, bool is_host, const char *owner, const char *path)
{
	struct watch *watch = find(wd, is_host, owner, path);
	struct watch **wd_bucket = &of_wd[(uint32_t)wd % BUCKETS], **owner_bucket = &of_owner[hash_text(owner) % BUCKETS];
	size_t owner_size = strlen(owner) + 1, path_size = strlen(path) + 1;

	if (watch)
		return watch;
	if (owner_size > WATCH_OWNER_BYTES || path_size > WATCH_PATH_BYTES || used == WATCHES_MAX)
		return NULL;
	watch = malloc(sizeof(*watch) + owner_size + path_size);
	if (!watch)
		return NULL;
	*watch = (struct watch){ .wd = wd, .is_host = is_host, .owner = (char *)(watch + 1) };
	watch->path = watch->owner + owner_size;
	memcpy(watch->owner, owner, owner_size);
	memcpy(watch->path, path, path_size);
	watch->next_of_wd = *wd_bucket;
	*wd_bucket = watch;
	watch->next_of_owner = *owner_bucket;
	*owner_bucket = watch;
	used++;
	return watch;
}

void watches_remove(struct watch *watch)
{
	struct watch **place = &of_wd[(uint32_t)watch->wd % BUCKETS];

	while (*place != watch)
		place = &(*place)->next_of_wd;
	*place = watch->next_of_wd;
	place = &of_owner[hash_text(watch->owner) % BUCKETS];
	while (*place != watch)
		place = &(*place)->next_of_owner;
	*place = watch->next_of_owner;
	if (is_noted(watch))
		unnote(watch);
	used--;
	free(watch);
}

bool watches_has_descriptor(int wd)
{
	return watches_of_descriptor(wd, NULL);
}

void watches_note(struct watch *watch, uint32_t mask)
{
	watch->seen |= mask;
	if (watch->seen == 0 || is_noted(watch))
		return;
	watch->previous_noted = last_noted;
	if (last_noted)
		last_noted->next_noted = watch;
	else
		first_noted = watch;
	last_noted = watch;
}

struct watch *watches_take_noted(void)
{
	struct watch *watch = first_noted;

	if (watch)
		unnote(watch);
	return watch;
}

/* Along both chains at once, for one of them is short: thousands may share a folder, or be one guest's. */
static struct watch *find(int wd, bool is_host, const char *owner, const char *path)
{
	struct watch *below = watches_of_descriptor(wd, NULL), *own = watches_of_owner(is_host, owner, NULL);

	while (below && own) {
		if (below->is_host == is_host && strcmp(below->owner, owner) == 0 && strcmp(below->path, path) == 0)
			return below;
		if (own->wd == wd && strcmp(own->path, path) == 0)
			return own;
		below = watches_of_descriptor(wd, below);
		own = watches_of_owner(is_host, owner, own);
	}
	return NULL;
}

static bool is_noted(const struct watch *watch)
{
	return watch->previous_noted || watch == first_noted;
}

static void unnote(struct watch *watch)
{
	if (watch->previous_noted)
		watch->previous_noted->next_noted = watch->next_noted;
	else
		first_noted = watch->next_noted;
	if (watch->next_noted)
		watch->next_noted->previous_noted = watch->previous_noted;
	else
		last_noted = watch->previous_noted;
	watch->previous_noted = watch->next_noted = NULL;
}
