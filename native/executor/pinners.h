/* Who keeps a network namespace that nobody lives in any more. For short-lived processes only: whoever looks enters it. */
#ifndef HOSTLER_PINNERS_H
#define HOSTLER_PINNERS_H

#include "belonging.h"

enum pinning { PINS_IN, PINS_OPEN, PINS_MOUNTED };

struct pinner {
	pid_t pid;         /* a process; for PINS_MOUNTED one of those that see that mount */
	enum pinning how;  /* it runs in it, holds a descriptor of it, or a mount does */
	const char *where; /* the mount; else NULL */
	int network;       /* a descriptor of the namespace, open during the call */
};
/* False ends the search. */
typedef bool pinner_fn(const struct pinner *pinner, void *context);
/*
 * The processes that run in it, each once, then those that hold it open, then mounts, of which those of guests have none. False:
 * that would have taken too long, and not all was looked at.
 */
bool pinners_each(const struct network_id *network, pinner_fn *each, void *context);
/* Only those who run in it, and mounts that the executor sees: in a fraction of the time. */
bool pinners_seen_at_once(const struct network_id *network, pinner_fn *each, void *context);
/* What it is, whoever has it open. 0 or -errno; the caller is in it then. */
int network_identify(int network, struct network_id *id);

#endif
