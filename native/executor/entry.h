/*
 * How a program of a guest comes into it: from a process of the executor's to one that holds no more than the guest's own init.
 *
 * Who enters is seen from inside as soon as it has a number there, and root of a guest that shares the host's users may then
 * look into it. So all that is more than the guest's own goes before that: the memory, which is another program's by then, begun
 * from a sealed copy, since who is seen could be made to hand out its own file; the descriptors; the powers.
 */
#ifndef HOSTLER_ENTRY_H
#define HOSTLER_ENTRY_H

#include <linux/filter.h>
#include <sys/resource.h>

#include "guest.h"
#include "whole.h"

enum { FILTERS_MAX = 32, FILTER_STEPS_MAX = 4096, LABEL_BYTES = 1024 };

/* What init is held by. */
struct bonds {
	int namespaces;  /* CLONE_NEW*: those that are not the executor's own */
	uint64_t powers; /* capabilities, a bit each */
	bool no_new;     /* PR_SET_NO_NEW_PRIVS */
	char label[LABEL_BYTES]; /* what its security module is to be told; empty: nothing */
	struct rlimit limits[RLIM_NLIMITS];
	int filters; /* of system calls, the first one first */
	unsigned short steps[FILTERS_MAX];
};

/* Of one that is looked at: the filters follow the bonds in a file of memory, which is answered, or -1 and the failure. */
int bonds_read(const struct guest *guest, struct failure *failure);
/* filters.c. Appends what filters of system calls init has to that file: 0 or -errno. */
int filters_read(pid_t pid, struct bonds *bonds, int file);

/* What a process that enters has open. */
enum { ENTRY_INPUT, ENTRY_OUTPUT, ENTRY_ERRORS, ENTRY_REPORT, ENTRY_INIT, ENTRY_ROOT, ENTRY_BONDS, ENTRY_FIRST_FREE };
/* What it reports: the program's number, or why there is none. */
struct report {
	pid_t program;
	int error;
	char call[32];
};
/* `hostler-executor --enter WORD...`: of no use to anybody but run-inside. */
void enter(int words, char **word) __attribute__((noreturn));

/* A cgroup of its own, so that all that comes of one program can be ended. */
struct run_cgroup {
	struct whole whole;
	char path[PATH_MAX];
	char name[32];
	int parent;
};
/* Below that of the guest. 0 or a failure. */
int run_cgroup_make(struct run_cgroup *cgroup, const struct guest *guest, const struct whole *whole,
		    struct failure *failure);
/* This process goes there, and to where init is everywhere else. 0 or -errno. */
int run_cgroup_join(const struct run_cgroup *cgroup, const struct guest *guest);
/* As soon as nobody is in it. */
void run_cgroup_remove(const struct run_cgroup *cgroup);

#endif
