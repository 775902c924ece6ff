#include <errno.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "cgroups.h"
#include "program.h"

static int change(const struct guest *guest, const struct allowance *allowance, bool add, struct failure *failure);
static struct program_key key_of(const struct allowance *allowance, char type);
static struct allowance allowance_of(const struct program_key *key, uint32_t access);
static int fill(int map, const struct allowance *allowances);

bool v2_is_open(const struct guest *guest)
{
	autofd int cgroup = cgroup_open(guest->init_cgroup);
	uint32_t ids[PROGRAMS_MAX];

	return cgroup >= 0 && program_ids(cgroup, true, ids) == 0;
}

int v2_list(const struct guest *guest, struct answer *answer, struct failure *failure)
{
	autofd int cgroup = cgroup_open(guest->cgroup);
	autofd int map = cgroup < 0 ? cgroup : program_map(cgroup);
	struct program_key key, next;
	int count = 0;

	if (map == -ENOENT) {
		answer_ok(answer, "0 %s", v2_is_open(guest) ? "open" : "foreign");
		return 0;
	}
	if (map < 0)
		return fail(failure, -map, "bpf", guest->cgroup);
	for (bool more = map_next(map, NULL, &next); more; more = map_next(map, &key, &next)) {
		struct allowance allowance;
		uint32_t access;

		key = next;
		if (map_get(map, &key, &access) < 0)
			continue;
		allowance = allowance_of(&key, access);
		allowance_row(answer, &allowance);
		count++;
	}
	answer_ok(answer, "%d confined-v2", count);
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

/* The program is complete before it is attached: the guest never has less than the list. */
int v2_adopt(const struct guest *guest, const struct allowance *allowances, struct failure *failure)
{
	autofd int cgroup = cgroup_open(guest->cgroup);
	autofd int map = -1;
	autofd int program = -1;
	int error = cgroup < 0 ? cgroup : program_load(&map, &program);

	if (error == 0)
		error = fill(map, allowances);
	if (error == 0)
		error = program_attach(cgroup, program);
	return error < 0 ? fail(failure, -error, "bpf", guest->cgroup) : 0;
}

static int change(const struct guest *guest, const struct allowance *allowance, bool add, struct failure *failure)
{
	autofd int cgroup = cgroup_open(guest->cgroup);
	autofd int map = cgroup < 0 ? cgroup : program_map(cgroup);
	struct program_key key = key_of(allowance, allowance->type);
	uint32_t now, then;
	int error;

	if (map == -ENOENT)
		return add ? fail(failure, EPERM, "program", guest->cgroup) : 0;
	error = map < 0 ? map : map_get(map, &key, &now);
	if (error < 0)
		return fail(failure, -error, "bpf", guest->cgroup);
	then = add ? now | allowance->access : now & ~allowance->access;
	error = then == now ? 0 : map_set(map, &key, then);
	return error < 0 ? fail(failure, -error, "bpf", guest->cgroup) : 0;
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
