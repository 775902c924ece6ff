/*
 * Reads LXC's device program back. LXC makes it from a list, one block an entry: conditions that jump to the next block,
 * then the verdict. Only exactly that is read; of anything else nobody can say what it allows.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "program.h"

enum { INSTRUCTIONS_MAX = 8192, ALL = ACCESS_READ | ACCESS_WRITE | ACCESS_MKNOD };
/* Where the first six instructions put what is asked. */
enum { WANTED = BPF_REG_1, TYPE = BPF_REG_2, ACCESS = BPF_REG_3, MAJOR = BPF_REG_4, MINOR = BPF_REG_5 };

static const struct bpf_insn start[] = {
	{ BPF_LDX | BPF_MEM | BPF_W, TYPE, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0 },
	{ BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff },
	{ BPF_LDX | BPF_MEM | BPF_W, ACCESS, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0 },
	{ BPF_ALU | BPF_RSH | BPF_K, ACCESS, 0, 0, 16 },
	{ BPF_LDX | BPF_MEM | BPF_W, MAJOR, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major), 0 },
	{ BPF_LDX | BPF_MEM | BPF_W, MINOR, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor), 0 },
};
enum { START = sizeof(start) / sizeof(start[0]) };

static int read_instructions(int program, struct bpf_insn *instructions);
static int read_block(const struct bpf_insn *at, const struct bpf_insn *end, struct allowance *entry, int *verdict);
static bool read_condition(const struct bpf_insn *at, struct allowance *entry);
static bool is(const struct bpf_insn *at, unsigned char code, unsigned char to);

int program_read(int program, struct allowance *list, int room)
{
	static struct bpf_insn instructions[INSTRUCTIONS_MAX];
	int count = read_instructions(program, instructions), found = 0, length = 0, verdict;
	const struct bpf_insn *at = instructions + START, *end = instructions + count;

	if (count < 0)
		return count;
	if (count < START || memcmp(instructions, start, sizeof(start)) != 0)
		return -ENOTSUP;
	for (; at < end; at += length) {
		struct allowance entry = { 0 };

		length = read_block(at, end, &entry, &verdict);
		if (length < 0)
			return length;
		/* What nothing else allows is refused; anything else is a list of what is denied. */
		if (at + length == end)
			break;
		if (!verdict || found + 1 >= room)
			return -ENOTSUP;
		list[found++] = entry;
	}
	list[found] = (struct allowance){ 0 };
	return at < end && length == 2 && !verdict ? found : -ENOTSUP;
}

static int read_instructions(int program, struct bpf_insn *instructions)
{
	struct bpf_prog_info info = {
		.xlated_prog_len = INSTRUCTIONS_MAX * sizeof(*instructions),
		.xlated_prog_insns = (uint64_t)(uintptr_t)instructions,
	};
	int error = program_describe(program, &info, sizeof(info));

	if (error < 0)
		return error;
	/* The kernel hides what it has hardened, and cuts what has no room. */
	if (!info.xlated_prog_insns || info.xlated_prog_len > INSTRUCTIONS_MAX * sizeof(*instructions))
		return -ENOTSUP;
	return (int)(info.xlated_prog_len / sizeof(*instructions));
}

/* How many instructions it has. Every jump of a block goes to its end. */
static int read_block(const struct bpf_insn *at, const struct bpf_insn *end, struct allowance *entry, int *verdict)
{
	const struct bpf_insn *first = at;
	const struct bpf_insn *exits[8];
	int jumps = 0;

	*entry = (struct allowance){ .type = 'a', .major = ANY, .minor = ANY, .access = ALL };
	for (; at < end && !is(at, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0); at++) {
		if (!read_condition(at, entry) || jumps == 8)
			return -ENOTSUP;
		if (BPF_CLASS(at->code) == BPF_JMP)
			exits[jumps++] = at + 1 + at->off;
	}
	if (end - at < 2 || at[1].code != (BPF_JMP | BPF_EXIT) || (at->imm != 0 && at->imm != 1))
		return -ENOTSUP;
	*verdict = at->imm;
	for (int i = 0; i < jumps; i++)
		if (exits[i] != at + 2)
			return -ENOTSUP;
	return (int)(at + 2 - first);
}

/* Of the access: r1 = r3, r1 &= mask, and a jump when that took something away. */
static bool read_condition(const struct bpf_insn *at, struct allowance *entry)
{
	if (is(at, BPF_ALU | BPF_MOV | BPF_X, WANTED))
		return at->src_reg == ACCESS;
	if (is(at, BPF_ALU | BPF_AND | BPF_K, WANTED)) {
		entry->access = (unsigned int)at->imm & ALL;
		return at[-1].code == (BPF_ALU | BPF_MOV | BPF_X) && entry->access;
	}
	if (is(at, BPF_JMP | BPF_JNE | BPF_X, WANTED))
		return at->src_reg == ACCESS && at[-1].code == (BPF_ALU | BPF_AND | BPF_K);
	if (is(at, BPF_JMP | BPF_JNE | BPF_K, TYPE))
		entry->type = at->imm == BPF_DEVCG_DEV_BLOCK ? 'b' : at->imm == BPF_DEVCG_DEV_CHAR ? 'c' : '\0';
	else if (is(at, BPF_JMP | BPF_JNE | BPF_K, MAJOR))
		entry->major = at->imm;
	else if (is(at, BPF_JMP | BPF_JNE | BPF_K, MINOR))
		entry->minor = at->imm;
	else
		return false;
	return entry->type && entry->major >= ANY && entry->minor >= ANY;
}

static bool is(const struct bpf_insn *at, unsigned char code, unsigned char to)
{
	return at->code == code && at->dst_reg == to;
}
