#include "orphans.h"

#include <stddef.h>

#include "executor.h"

enum { ORPHANS_MAX = 64, ABANDONED_MS = DEADLINE_MS + 1000 };

/* Slots with mask 0 are free. */
static struct {
	int wd;
	uint32_t mask;
	uint64_t since_ms;
} orphans[ORPHANS_MAX];

enum orphan orphans_add(int wd, uint32_t mask, uint64_t now)
{
	int free = -1;

	for (int i = 0; i < ORPHANS_MAX; i++) {
		if (orphans[i].mask == 0) {
			free = i;
			continue;
		}
		if (orphans[i].wd != wd)
			continue;
		orphans[i].mask |= mask;
		return now - orphans[i].since_ms > ABANDONED_MS ? ORPHAN_ABANDONED : ORPHAN_KEPT;
	}
	if (free < 0)
		return ORPHAN_NO_ROOM;
	orphans[free].wd = wd;
	orphans[free].mask = mask;
	orphans[free].since_ms = now;
	return ORPHAN_KEPT;
}

uint32_t orphans_claim(int wd)
{
	for (int i = 0; i < ORPHANS_MAX; i++) {
		uint32_t mask = orphans[i].mask;

		if (mask == 0 || orphans[i].wd != wd)
			continue;
		orphans[i].mask = 0;
		return mask;
	}
	return 0;
}
