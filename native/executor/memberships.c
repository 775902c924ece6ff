#include "memberships.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int take(char *line, membership_fn *each, void *context);

int memberships_each(pid_t pid, membership_fn *each, void *context)
{
	char path[64], line[PATH_MAX + 256];
	int result = 0;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	lines = fopen(path, "re");
	if (!lines)
		return -errno;
	while (result == 0 && fgets(line, sizeof(line), lines))
		result = take(line, each, context);
	fclose(lines);
	return result;
}

static int take(char *line, membership_fn *each, void *context)
{
	char *rest = line, *id = strsep(&rest, ":"), *controllers = strsep(&rest, ":");
	const struct hierarchy *hierarchy;
	bool is_v1;

	if (!id || !controllers || !rest)
		return -EPROTO;
	is_v1 = controllers[0] != '\0';
	controllers[strcspn(controllers, ",")] = '\0';
	rest[strcspn(rest, "\n")] = '\0';
	/* No controller is called so: it stands for v2. */
	hierarchy = hierarchy_of(is_v1 ? controllers : "cgroup");
	return hierarchy && hierarchy->is_v1 == is_v1 ? each(hierarchy, rest, context) : 0;
}
