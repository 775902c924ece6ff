#include <errno.h>
#include <stdio.h>

#include "guest.h"

enum { OVERFLOW_ID = 65534 };

int id_map_read(pid_t pid, const char *file, struct id_map *map)
{
	char path[64];
	struct id_range range;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	lines = fopen(path, "re");
	if (!lines)
		return -errno;
	map->ranges = 0;
	while (map->ranges < ID_RANGES_MAX &&
	       fscanf(lines, "%u %u %u", &range.inside, &range.outside, &range.count) == 3)
		map->range[map->ranges++] = range;
	if (fclose(lines) != 0)
		return -errno;
	return map->ranges > 0 ? 0 : -ENODATA;
}

bool id_to_host(const struct id_map *map, unsigned int inside, unsigned int *outside)
{
	for (int i = 0; i < map->ranges; i++) {
		const struct id_range *range = &map->range[i];

		if (inside < range->inside || inside - range->inside >= range->count)
			continue;
		*outside = range->outside + (inside - range->inside);
		return true;
	}
	return false;
}

unsigned int id_to_guest(const struct id_map *map, unsigned int outside)
{
	for (int i = 0; i < map->ranges; i++) {
		const struct id_range *range = &map->range[i];

		if (outside >= range->outside && outside - range->outside < range->count)
			return range->inside + (outside - range->outside);
	}
	return OVERFLOW_ID;
}

int parse_owner(const struct guest *guest, const struct request *request, int word, struct owner *owner,
		struct failure *failure)
{
	unsigned long user, group;

	if (!parse_unsigned(request->word[word], UINT_MAX - 1, &user) ||
	    !parse_unsigned(request->word[word + 1], UINT_MAX - 1, &group))
		return malformed(request, failure);
	if (!id_to_host(&guest->users, (unsigned int)user, &owner->uid))
		return fail(failure, EOVERFLOW, "unmapped", request->word[word]);
	if (!id_to_host(&guest->groups, (unsigned int)group, &owner->gid))
		return fail(failure, EOVERFLOW, "unmapped", request->word[word + 1]);
	return 0;
}
