/* Where the hierarchies of cgroups are mounted: one for each v1 controller, and v2 for all that have none. */
#ifndef HOSTLER_HIERARCHIES_H
#define HOSTLER_HIERARCHIES_H

#include <limits.h>
#include <stdbool.h>

enum { HIERARCHIES_MAX = 24, CONTROLLERS_BYTES = 256 };

struct hierarchy {
	bool is_v1;
	char mount[PATH_MAX];
	char controllers[CONTROLLERS_BYTES]; /* v1: the mount's options, the controllers among them */
};
/* The v1 controller's, else v2's; looked up once a process. NULL: there is neither. */
const struct hierarchy *hierarchy_of(const char *controller);
/* Each of them, beginning with 0; NULL: there are no more. */
const struct hierarchy *hierarchy_at(int number);
/* Whether this is the path of something in a mounted hierarchy, below its root. */
bool is_in_hierarchy(const char *path);
/* Whether `path` is `prefix` or below it. */
bool is_below(const char *path, const char *prefix);
/* Whether a list of words between commas has this one. */
bool has_word(const char *list, const char *word);

#endif
