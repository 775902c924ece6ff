/* Control files that may be written, and what may be written into them. */
#ifndef HOSTLER_LIMIT_WORDS_H
#define HOSTLER_LIMIT_WORDS_H

#include <stdbool.h>

enum { LIMIT_VALUE_BYTES = 128, CONTROLLER_BYTES = 16, QUOTA_VALUE_BYTES = 64 };

bool is_limit_file(const char *file);
/* A number, `max`, `-1`, two of these, `default N`, FROZEN, THAWED, for io.max `MAJ:MIN key=value...`, for blkio.throttle.* `MAJ:MIN N`. */
bool is_limit_value(const char *file, const char *value);
/* Whether the file is cpu.max or cpu.cfs_quota_us, and the value an amount of CPU time: never without a limit, what is given is counted. */
bool is_quota_value(const char *file, const char *value);
/* What stands before the first dot of a control file. */
void controller_of(const char *file, char controller[CONTROLLER_BYTES]);

#endif
