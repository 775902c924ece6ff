/* What mount namespaces have mounted, each looked at once, by whichever process is found in it first. */
#ifndef HOSTLER_MOUNT_LINES_H
#define HOSTLER_MOUNT_LINES_H

#include <sys/types.h>

#include "effort.h"

/* One mount, as a process sees it. */
struct mount_line {
	long id;
	const char *device; /* MAJOR:MINOR */
	const char *root;   /* what of its file system is mounted */
	const char *point;
	const char *type, *source;
};
/* False ends the search. */
typedef bool mount_line_fn(pid_t pid, const struct mount_line *line, void *context);
/* From now on all mount namespaces are new. */
void mount_lines_begin(void);
/* Those in the mount namespace of a process, unless it was looked at. False: the search has ended, or is late, as it is when there are more than 65,536. */
bool mount_lines_of(pid_t pid, struct effort *effort, mount_line_fn *each, void *context);

#endif
