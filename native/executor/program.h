/*
 * A device program over a map: the map says which access each number has, so that a grant is one map update. Attached
 * to a cgroup it stays when the executor ends, and is found again there.
 */
#ifndef HOSTLER_PROGRAM_H
#define HOSTLER_PROGRAM_H

#include <stdint.h>

#include "access.h"

enum { PROGRAMS_MAX = 64, ANY_PART = UINT32_MAX };

/* Ours, LXC's, and one of which nobody can say what it allows. */
enum program_kind { PROGRAM_OURS, PROGRAM_READ, PROGRAM_UNREAD, PROGRAM_KINDS };

struct attached {
	int all, of[PROGRAM_KINDS]; /* how many */
	bool exclusive;		    /* whose owner lets nothing be attached beside it, nor take its place */
	bool unread_stays;	    /* also where it is the only one: for the caller to say */
	struct one_attached {
		uint32_t id;
		enum program_kind kind;
	} program[PROGRAMS_MAX];
};

struct program_key {
	uint32_t type, major, minor; /* BPF_DEVCG_DEV_*; ANY_PART in minor, or in both */
};

/* Ids of the programs attached to the cgroup itself, or of all in effect there: how many, or -errno. */
int program_ids(int cgroup, bool in_effect, uint32_t *ids);
/* Whether the kernel lets another be attached to the cgroup beside those that are: 0, 1 or -errno. */
int program_admits(int cgroup);
/* The map of the program of ours that is attached: a descriptor, -ENOENT, -ENODEV (the cgroup is gone) or another -errno. */
int program_map(int cgroup);
/* A descriptor, -ENOENT (it is gone) or another -errno. */
int program_open(uint32_t id);
/* And the id of its map. */
bool program_is_ours(int program, uint32_t *map);
/* What a program of LXC's making allows, by its instructions; ends with type 0. -ENOTSUP: it says something else. */
int program_read(int program, struct allowance *list, int room);
int program_describe(int program, void *info, size_t size);
/* A new map and its program: 0 or -errno. */
int program_load(int *map, int *program);
/* In place of those that go, of which one must still be there, or beside all others; nothing may be held. 0 or -errno. */
int program_attach(int cgroup, const struct attached *attached, int program);

/* program_attached.c: what is attached to the cgroup itself. 0 or -errno. */
int program_attached(int cgroup, struct attached *attached);
/* The id of one that keeps ours from being attached, 0: there is none. */
uint32_t attached_held(const struct attached *attached);
/* Whether ours takes its place. */
bool attached_goes(const struct attached *attached, int place);
/* The id of one that is not ours, of those that can be read where there are any; 0: there is none. */
uint32_t attached_other(const struct attached *attached);

/* 0 or -errno. Absent is access 0. */
int map_get(int map, const struct program_key *key, uint32_t *access);
/* Access 0 deletes. */
int map_set(int map, const struct program_key *key, uint32_t access);
/* The key after `key`, the first for NULL; false: no more. */
bool map_next(int map, const struct program_key *key, struct program_key *next);

#endif
