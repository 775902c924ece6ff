/*
 * Events of descriptors that nobody has claimed yet: a worker has added the watch, and its answer that says for which
 * folder is still on its way.
 */
#ifndef HOSTLER_ORPHANS_H
#define HOSTLER_ORPHANS_H

#include <stdint.h>

enum orphan { ORPHAN_KEPT, ORPHAN_NO_ROOM, ORPHAN_ABANDONED };

/* ABANDONED: so old that its worker must have died before it could answer; the descriptor is nobody's. */
enum orphan orphans_add(int wd, uint32_t mask, uint64_t now_ms);
/* What happened before the claim; 0: nothing. */
uint32_t orphans_claim(int wd);

#endif
