/* What mount namespaces have mounted, each looked at once, by whichever process is found in it first. */
#ifndef HOSTLER_MOUNT_LINES_H
#define HOSTLER_MOUNT_LINES_H

#include <stdbool.h>
#include <sys/types.h>

/* One mount, as a process sees it. */
struct mount_line {
	const char *device; /* MAJOR:MINOR */
	const char *root;   /* what of its file system is mounted */
	const char *point;
};
/* False ends the search. */
typedef bool mount_line_fn(pid_t pid, const struct mount_line *line, void *context);
/* From now on all mount namespaces are new. */
void mount_lines_begin(void);
/* Those in the mount namespace of a process, unless it was looked at. False: the search has ended. */
bool mount_lines_of(pid_t pid, mount_line_fn *each, void *context);

#endif
