/*
 * Who ends leases of CPU time: a process of its own, which writes what a quota is to be while it is leased and what it is to be
 * afterwards, and nobody else does. It outlives the executor and ends when it has given everything back.
 */
#ifndef HOSTLER_LEASE_KEEPER_H
#define HOSTLER_LEASE_KEEPER_H

#include "limit_words.h"

/* What it is told, with the cgroup's descriptor where the number is a new one. */
struct lease_word {
	unsigned int id;
	unsigned int ms; /* 0: it is over */
	char file[QUOTA_VALUE_BYTES], value[QUOTA_VALUE_BYTES], afterwards[QUOTA_VALUE_BYTES];
};
/* What it answers each word with, in their order: 0 or -errno. */
struct lease_said {
	int error;
};

/* Runs it: `socket` is its end, SOCK_SEQPACKET, and the only descriptor that it keeps. */
void lease_keep(int socket) __attribute__((noreturn));

#endif
