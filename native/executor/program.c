#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program.h"

enum { MAP_ENTRIES = ALLOWANCES_MAX };

static const char program_name[] = "hostler_devices", map_name[] = "hostler_grants";

static int query(int cgroup, uint32_t flags, uint32_t *ids, union bpf_attr *attr);
static int open_map(uint32_t id);
static int make_map(void);
static int load(int map);
static int attach(int cgroup, int program, int replaced);
static int detach(int cgroup, int program);
static int call(int command, union bpf_attr *attr);
static uint64_t pointer(const void *to);

int program_ids(int cgroup, bool in_effect, uint32_t *ids)
{
	union bpf_attr attr;
	int error = query(cgroup, in_effect ? BPF_F_QUERY_EFFECTIVE : 0, ids, &attr);

	return error < 0 ? error : (int)attr.query.prog_cnt;
}

int program_admits(int cgroup)
{
	uint32_t ids[PROGRAMS_MAX];
	union bpf_attr attr;
	int error = query(cgroup, 0, ids, &attr);

	return error < 0 ? error : attr.query.prog_cnt == 0 || (attr.query.attach_flags & BPF_F_ALLOW_MULTI);
}

int program_map(int cgroup)
{
	uint32_t ids[PROGRAMS_MAX], id;
	int count = program_ids(cgroup, false, ids);

	for (int i = 0; i < count; i++) {
		autofd int program = program_open(ids[i]);
		int map = program >= 0 && program_is_ours(program, &id) ? open_map(id) : -ENOENT;

		if (map >= 0)
			return map;
	}
	return count == -ENOENT ? -ENODEV : count < 0 ? count : -ENOENT;
}

int program_open(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };

	return call(BPF_PROG_GET_FD_BY_ID, &attr);
}

bool program_is_ours(int program, uint32_t *map)
{
	struct bpf_prog_info info = { .nr_map_ids = 1, .map_ids = pointer(map) };

	return program_describe(program, &info, sizeof(info)) == 0 && strcmp(info.name, program_name) == 0 &&
	       info.nr_map_ids == 1;
}

int program_load(int *map, int *program)
{
	*map = make_map();
	if (*map < 0)
		return *map;
	*program = load(*map);
	return *program < 0 ? *program : 0;
}

/* The first that goes is replaced in one step, the others, which would still refuse, are taken off. Where none goes, all stay. */
int program_attach(int cgroup, const struct attached *attached, int program)
{
	bool replaced = false;
	int error = 0;

	for (int i = 0; i < attached->all; i++) {
		autofd int old = -1;

		if (!attached_goes(attached, i))
			continue;
		old = program_open(attached->program[i].id);
		if (old < 0)
			return old;
		error = replaced ? detach(cgroup, old) : attach(cgroup, program, old);
		if (error < 0)
			return error;
		replaced = true;
	}
	return replaced ? error : attach(cgroup, program, -1);
}

int map_get(int map, const struct program_key *key, uint32_t *access)
{
	union bpf_attr attr = { 0 };
	int error;

	*access = 0;
	attr.map_fd = (uint32_t)map;
	attr.key = pointer(key);
	attr.value = pointer(access);
	error = call(BPF_MAP_LOOKUP_ELEM, &attr);
	return error == -ENOENT ? 0 : error;
}

/* The kernel refuses a delete whose value field is not zero. */
int map_set(int map, const struct program_key *key, uint32_t access)
{
	union bpf_attr attr = { 0 };
	int error;

	attr.map_fd = (uint32_t)map;
	attr.key = pointer(key);
	attr.value = access ? pointer(&access) : 0;
	error = call(access ? BPF_MAP_UPDATE_ELEM : BPF_MAP_DELETE_ELEM, &attr);
	return error == -ENOENT ? 0 : error;
}

bool map_next(int map, const struct program_key *key, struct program_key *next)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = (uint32_t)map;
	attr.key = pointer(key);
	attr.next_key = pointer(next);
	return call(BPF_MAP_GET_NEXT_KEY, &attr) == 0;
}

int program_describe(int fd, void *info, size_t size)
{
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = (uint32_t)size;
	attr.info.info = pointer(info);
	return call(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static int query(int cgroup, uint32_t flags, uint32_t *ids, union bpf_attr *attr)
{
	*attr = (union bpf_attr){ 0 };
	attr->query.target_fd = (uint32_t)cgroup;
	attr->query.attach_type = BPF_CGROUP_DEVICE;
	attr->query.query_flags = flags;
	attr->query.prog_ids = pointer(ids);
	attr->query.prog_cnt = PROGRAMS_MAX;
	return call(BPF_PROG_QUERY, attr);
}

/* Anybody may give a program our name: the kernel would write another map's values past our variable. */
static int open_map(uint32_t id)
{
	union bpf_attr attr = { .map_id = id };
	struct bpf_map_info info = { 0 };
	int map = call(BPF_MAP_GET_FD_BY_ID, &attr);

	if (map < 0)
		return map;
	if (program_describe(map, &info, sizeof(info)) == 0 && info.type == BPF_MAP_TYPE_HASH &&
	    info.key_size == sizeof(struct program_key) && info.value_size == sizeof(uint32_t) &&
	    info.max_entries == MAP_ENTRIES)
		return map;
	close(map);
	return -ENOENT;
}

static int make_map(void)
{
	union bpf_attr attr = { 0 };

	attr.map_type = BPF_MAP_TYPE_HASH;
	attr.key_size = sizeof(struct program_key);
	attr.value_size = sizeof(uint32_t);
	attr.max_entries = MAP_ENTRIES;
	memcpy(attr.map_name, map_name, sizeof(map_name));
	return call(BPF_MAP_CREATE, &attr);
}

#define INSN(code, to, from, offset, value) { code, to, from, offset, value }
#define MOVE(to, from) INSN(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define LOAD(to, from, offset) INSN(BPF_LDX | BPF_MEM | BPF_W, to, from, offset, 0)
#define KEEP(offset, from) INSN(BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, from, offset, 0)
#define KEEP_ANY(offset) INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, offset, -1)
/* r9 |= map[key at r10 - 12] */
#define ADD_ACCESS(map)                                                              \
	INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),       \
	INSN(0, 0, 0, 0, 0),                                                         \
	MOVE(BPF_REG_2, BPF_REG_10),                                                 \
	INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -12),                     \
	INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),                 \
	INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),                         \
	LOAD(BPF_REG_1, BPF_REG_0, 0),                                               \
	INSN(BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_9, BPF_REG_1, 0, 0)

/* Allowed when the number, its major and its type together give every wanted access. */
static int load(int map)
{
	const struct bpf_insn instructions[] = {
		MOVE(BPF_REG_6, BPF_REG_1),
		LOAD(BPF_REG_7, BPF_REG_6, 0), /* type below, access above bit 16 */
		MOVE(BPF_REG_8, BPF_REG_7),
		INSN(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_8, 0, 0, 16),
		INSN(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_7, 0, 0, 0xffff),
		KEEP(-12, BPF_REG_7),
		LOAD(BPF_REG_7, BPF_REG_6, 4),
		KEEP(-8, BPF_REG_7),
		LOAD(BPF_REG_7, BPF_REG_6, 8),
		KEEP(-4, BPF_REG_7),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_9, 0, 0, 0),
		ADD_ACCESS(map),
		KEEP_ANY(-4),
		ADD_ACCESS(map),
		KEEP_ANY(-8),
		ADD_ACCESS(map),
		INSN(BPF_ALU64 | BPF_AND | BPF_X, BPF_REG_9, BPF_REG_8, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JEQ | BPF_X, BPF_REG_9, BPF_REG_8, 1, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = { 0 };

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = pointer(instructions);
	attr.insn_cnt = sizeof(instructions) / sizeof(instructions[0]);
	attr.license = pointer("GPL");
	memcpy(attr.prog_name, program_name, sizeof(program_name));
	return call(BPF_PROG_LOAD, &attr);
}

static int attach(int cgroup, int program, int replaced)
{
	union bpf_attr attr = { 0 };

	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replaced >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replaced;
	}
	return call(BPF_PROG_ATTACH, &attr);
}

/* Its owner may have taken it off meanwhile. */
static int detach(int cgroup, int program)
{
	union bpf_attr attr = { 0 };
	int error;

	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	error = call(BPF_PROG_DETACH, &attr);
	return error == -ENOENT ? 0 : error;
}

static int call(int command, union bpf_attr *attr)
{
	long result = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return result < 0 ? -errno : (int)result;
}

static uint64_t pointer(const void *to)
{
	return (uint64_t)(uintptr_t)to;
}
