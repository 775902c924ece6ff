/*
 * Which program must stay. Verdicts are ANDed: whoever attached one that nobody can read denies something by it, and that
 * would be lost without it.
 */
#include <errno.h>

#include "program.h"

enum { READ_MAX = 1024 };

static bool is_read(int program);

/*
 * A guest's first program may be one that nobody can read: what it allows is said by the runtime's configuration. Not so what
 * came beside ours, or beside another; nor what came in the place of ours, but that only the agent remembers.
 */
int program_held(int cgroup, uint32_t *held)
{
	uint32_t ids[PROGRAMS_MAX], map, unread = 0, last = 0;
	int count = program_ids(cgroup, false, ids), foreign = 0;

	for (int i = 0; i < count; i++) {
		autofd int program = program_open(ids[i]);

		if (program == -ENOENT || (program >= 0 && program_is_ours(program, &map)))
			continue;
		foreign++;
		last = ids[i];
		if (!unread && !is_read(program))
			unread = ids[i];
	}
	*held = foreign > 1 && !unread ? last : count > 1 ? unread : 0;
	return count < 0 ? count : 0;
}

static bool is_read(int program)
{
	static struct allowance list[READ_MAX];

	return program >= 0 && program_read(program, list, READ_MAX) >= 0;
}
