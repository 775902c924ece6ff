/* What a worker sends, in one packet for all that it was handed at once: records, each with whole lines for the agent. */
#ifndef HOSTLER_PACKET_H
#define HOSTLER_PACKET_H

#include "executor.h"

/* More lines of this request will follow; it is done; it failed. */
enum record_kind { RECORD_MORE = 'm', RECORD_DONE = 'd', RECORD_FAILED = 'f' };

struct record {
	enum record_kind kind;
	size_t length; /* of the lines behind it */
};

enum { PACKET_MAX_BYTES = 2 * LINE_MAX_BYTES };

/* The loop's callback for a worker's socket. */
void answers_ready(struct source *source, uint32_t events);

#endif
