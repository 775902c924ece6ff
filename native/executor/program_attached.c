/*
 * Which programs on a cgroup may go. Verdicts are ANDed: whoever attached one that nobody can read denies something by it, and
 * that would be lost without it; ours beside it allows nothing that it denies. What LXC made can be read: ours takes its place.
 */
#include <errno.h>

#include "program.h"

enum { READ_MAX = 1024 };

static enum program_kind kind_of(int program);
static uint32_t last_of(const struct attached *attached, enum program_kind kind);

int program_attached(int cgroup, struct attached *attached)
{
	uint32_t ids[PROGRAMS_MAX];
	int count = program_ids(cgroup, false, ids), admits = program_admits(cgroup);

	*attached = (struct attached){ 0 };
	for (int i = 0; i < count; i++) {
		autofd int program = program_open(ids[i]);
		enum program_kind kind;

		if (program == -ENOENT)
			continue;
		kind = kind_of(program);
		attached->program[attached->all++] = (struct one_attached){ ids[i], kind };
		attached->of[kind]++;
	}
	attached->exclusive = admits == 0;
	return count < 0 ? count : admits < 0 ? admits : 0;
}

/*
 * Of two that can be read nobody can say which is LXC's. A guest's only program may be one that nobody can read: what it
 * allows is said by the runtime's configuration; not so what came in the place of ours, but that only the agent remembers.
 */
uint32_t attached_held(const struct attached *attached)
{
	return attached->of[PROGRAM_READ] > 1 || attached->exclusive ? attached_other(attached) : 0;
}

bool attached_goes(const struct attached *attached, int place)
{
	return attached->program[place].kind != PROGRAM_UNREAD || (attached->all == 1 && !attached->unread_stays);
}

uint32_t attached_other(const struct attached *attached)
{
	return last_of(attached, attached->of[PROGRAM_READ] ? PROGRAM_READ : PROGRAM_UNREAD);
}

static enum program_kind kind_of(int program)
{
	static struct allowance list[READ_MAX];
	uint32_t map;

	if (program < 0)
		return PROGRAM_UNREAD;
	if (program_is_ours(program, &map))
		return PROGRAM_OURS;
	return program_read(program, list, READ_MAX) < 0 ? PROGRAM_UNREAD : PROGRAM_READ;
}

static uint32_t last_of(const struct attached *attached, enum program_kind kind)
{
	uint32_t id = 0;

	for (int i = 0; i < attached->all; i++)
		if (attached->program[i].kind == kind)
			id = attached->program[i].id;
	return id;
}
