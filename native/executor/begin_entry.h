/* Begins a process that enters a guest: a copy of this program, with nothing of this process but what entry.h says. */
#ifndef HOSTLER_BEGIN_ENTRY_H
#define HOSTLER_BEGIN_ENTRY_H

#include "entry.h"

struct entry {
	const struct guest *guest; /* pidfd and root are open */
	const struct run_cgroup *cgroup;
	int bonds; /* of bonds_read() */
	int words;
	char *const *word; /* the program and its arguments */
};
/* The first end is the one that is read. Ours stay open, and are ours to close: output[0] and report[0]. */
struct entry_pipes {
	int input[2], output[2], report[2];
};
/* The process that enters, or a failure. It and the program that it begins are children of this one. */
int begin_entry(const struct entry *entry, struct entry_pipes *pipes, struct failure *failure);

#endif
