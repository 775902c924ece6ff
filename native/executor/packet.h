/* What a worker sends: a kind, then whole lines for the agent. */
#ifndef HOSTLER_PACKET_H
#define HOSTLER_PACKET_H

#include "executor.h"

enum { PACKET_MORE = 'm', PACKET_DONE = 'd', PACKET_FAILED = 'f', PACKET_MAX_BYTES = LINE_MAX_BYTES + 1 };

/* The loop's callback for a worker's socket. */
void answers_ready(struct source *source, uint32_t events);

#endif
