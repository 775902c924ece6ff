#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "cgroups.h"
#include "program.h"

enum { RUNTIME_MAX = 1024 };

/*
 * Whose place ours would have taken when `grants` was last asked: what that one allows is in the list that `adopt-program` gets.
 * A worker has one guest.
 */
static uint32_t looked_at;

static int give(const struct guest *guest, const struct allowance *allowances, bool beside, struct failure *failure);
static int in_effect(const struct guest *guest);
static int list_none(const struct guest *guest, int count, struct answer *answer, struct failure *failure);
static uint32_t in_the_place(const struct attached *attached);
static int refused(const struct guest *guest, int error, struct failure *failure);
static int list_map(int map, struct answer *answer);
static int list_runtime(const struct guest *guest, uint32_t id, const char *policy, int count, struct answer *answer,
			struct failure *failure);
static int change(const struct guest *guest, const struct allowance *allowance, bool add, struct failure *failure);
static int drift(int cgroup);
static struct program_key key_of(const struct allowance *allowance, char type);
static struct allowance allowance_of(const struct program_key *key, uint32_t access);
static int fill(int map, const struct allowance *allowances);

bool v2_is_open(const struct guest *guest)
{
	return in_effect(guest) == 0;
}

/* Rows of ours, and of the runtime's beside or instead of it: verdicts are ANDed, so that one beside ours takes away. */
int v2_list(const struct guest *guest, struct answer *answer, struct failure *failure)
{
	autofd int cgroup = cgroup_open(guest->cgroup);
	autofd int map = cgroup < 0 ? cgroup : program_map(cgroup);
	struct attached attached = { 0 };
	int error = cgroup < 0 ? cgroup : program_attached(cgroup, &attached), count;
	uint32_t held = attached_held(&attached), other = attached_other(&attached);

	if (map < 0 && map != -ENOENT)
		error = map;
	if (error < 0)
		return refused(guest, error, failure);
	looked_at = in_the_place(&attached);
	count = map < 0 ? 0 : list_map(map, answer);
	if (held) {
		answer_ok(answer, "%d %s held %u", count, map < 0 ? "foreign" : "drifted", held);
		return 0;
	}
	if (attached.of[PROGRAM_READ] > 0)
		return list_runtime(guest, other, map < 0 ? "foreign" : "drifted", count, answer, failure);
	if (map < 0 && !other)
		return list_none(guest, count, answer, failure);
	if (map >= 0)
		answer_ok(answer, "%d confined-v2", count);
	else
		answer_ok(answer, "%d foreign unread %u", count, other);
	return 0;
}

int v2_grant(const struct guest *guest, const struct allowance *allowance, struct failure *failure)
{
	return change(guest, allowance, true, failure);
}

int v2_revoke(const struct guest *guest, const struct allowance *allowance, struct failure *failure)
{
	return change(guest, allowance, false, failure);
}

int v2_adopt(const struct guest *guest, const struct allowance *allowances, struct failure *failure)
{
	return give(guest, allowances, false, failure);
}

int v2_join(const struct guest *guest, const struct allowance *allowances, struct failure *failure)
{
	return give(guest, allowances, true, failure);
}

/* The program is complete before it is attached: the guest never has less than the list. */
static int give(const struct guest *guest, const struct allowance *allowances, bool beside, struct failure *failure)
{
	autofd int cgroup = cgroup_open(guest->cgroup);
	autofd int map = -1;
	autofd int program = -1;
	struct attached attached;
	int error = cgroup < 0 ? cgroup : program_load(&map, &program);
	char id[16];

	if (error == 0)
		error = fill(map, allowances);
	if (error == 0)
		error = program_attached(cgroup, &attached);
	if (error < 0)
		return refused(guest, error, failure);
	attached.unread_stays = beside;
	snprintf(id, sizeof(id), "%u", attached_held(&attached));
	if (attached_held(&attached))
		return fail(failure, EBUSY, "program-held", id);
	if (beside ? attached.of[PROGRAM_READ] > 0 : in_the_place(&attached) != looked_at)
		return fail(failure, EPERM, "drift", guest->cgroup);
	error = program_attach(cgroup, &attached, program);
	looked_at = 0;
	if (error == 0)
		error = drift(cgroup);
	return error < 0 ? fail(failure, -error, "program-attach", guest->cgroup) : 0;
}

/* How many programs decide on what init opens: its cgroup's and those of the cgroups above. Or -errno. */
static int in_effect(const struct guest *guest)
{
	autofd int cgroup = open_of_init(guest);
	uint32_t ids[PROGRAMS_MAX];

	return cgroup < 0 ? cgroup : program_ids(cgroup, true, ids);
}

/* The id of the one that is not ours and goes, 0: there is none. */
static uint32_t in_the_place(const struct attached *attached)
{
	bool goes = attached->of[PROGRAM_READ] > 0 || attached->all == 1;

	return goes ? attached_other(attached) : 0;
}

static int refused(const struct guest *guest, int error, struct failure *failure)
{
	bool is_gone = error == -ENOENT || error == -ENODEV;

	return fail(failure, -error, error == -E2BIG ? "entries" : is_gone ? "cgroup" : "bpf", guest->cgroup);
}

static int list_map(int map, struct answer *answer)
{
	struct program_key key, next;
	int count = 0;

	for (bool more = map_next(map, NULL, &next); more; more = map_next(map, &key, &next)) {
		struct allowance allowance;
		uint32_t access;

		key = next;
		if (map_get(map, &key, &access) < 0)
			continue;
		allowance = allowance_of(&key, access);
		allowance_row(answer, &allowance, "");
		count++;
	}
	return count;
}

/* `count` rows were said before. */
static int list_runtime(const struct guest *guest, uint32_t id, const char *policy, int count, struct answer *answer,
			struct failure *failure)
{
	static struct allowance list[RUNTIME_MAX];
	autofd int program = program_open(id);
	int read = program < 0 ? program : program_read(program, list, RUNTIME_MAX);

	if (read < 0)
		return fail(failure, -read, "bpf", guest->cgroup);
	for (int i = 0; i < read; i++)
		allowance_row(answer, &list[i], " runtime");
	answer_ok(answer, "%d %s", count + read, policy);
	return 0;
}

/* Nothing here says what is allowed: a cgroup above does, or nobody. */
static int list_none(const struct guest *guest, int count, struct answer *answer, struct failure *failure)
{
	int programs = in_effect(guest);

	if (programs < 0)
		return refused(guest, programs, failure);
	if (programs > 0)
		answer_ok(answer, "%d foreign unread", count);
	else
		answer_ok(answer, "%d %s", count, unit_of(guest) ? "open" : "open adoptable");
	return 0;
}

static int change(const struct guest *guest, const struct allowance *allowance, bool add, struct failure *failure)
{
	autofd int cgroup = cgroup_open(guest->cgroup);
	autofd int map = cgroup < 0 ? cgroup : program_map(cgroup);
	struct program_key key = key_of(allowance, allowance->type);
	uint32_t now, then;
	int error;

	if (cgroup < 0)
		return refused(guest, cgroup, failure);
	/* Somebody else's says what is open: without ours nothing is given, and nothing is taken back. */
	if (map == -ENOENT)
		return fail(failure, EPERM, "program", guest->cgroup);
	if (add && map >= 0 && drift(cgroup) == -EBUSY)
		return fail(failure, EPERM, "drift", guest->cgroup);
	error = map < 0 ? map : map_get(map, &key, &now);
	if (error < 0)
		return refused(guest, error, failure);
	then = add ? now | allowance->access : now & ~allowance->access;
	error = then == now ? 0 : map_set(map, &key, then);
	return error < 0 ? refused(guest, error, failure) : 0;
}

/* -EBUSY: a program of the runtime's beside ours would refuse a grant. What nobody can read is tried by `verify`. */
static int drift(int cgroup)
{
	struct attached attached;
	int error = program_attached(cgroup, &attached);

	return error == 0 && attached.of[PROGRAM_READ] > 0 ? -EBUSY : error;
}

static struct program_key key_of(const struct allowance *allowance, char type)
{
	return (struct program_key){
		.type = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR,
		.major = allowance->major == ANY ? ANY_PART : (uint32_t)allowance->major,
		.minor = allowance->minor == ANY ? ANY_PART : (uint32_t)allowance->minor,
	};
}

static struct allowance allowance_of(const struct program_key *key, uint32_t access)
{
	return (struct allowance){
		.type = key->type == BPF_DEVCG_DEV_BLOCK ? 'b' : 'c',
		.major = key->major == ANY_PART ? ANY : (long)key->major,
		.minor = key->minor == ANY_PART ? ANY : (long)key->minor,
		.access = access,
	};
}

static int fill(int map, const struct allowance *allowances)
{
	for (; allowances->type; allowances++)
		for (const char *type = "bc"; *type; type++) {
			struct program_key key = key_of(allowances, *type);
			uint32_t now;
			int error;

			if (allowances->type != 'a' && allowances->type != *type)
				continue;
			error = map_get(map, &key, &now);
			if (error == 0)
				error = map_set(map, &key, now | allowances->access);
			if (error < 0)
				return error;
		}
	return 0;
}
