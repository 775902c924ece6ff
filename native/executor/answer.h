/* One request's answer: whole lines, given to a writer as they are made. */
#ifndef HOSTLER_ANSWER_H
#define HOSTLER_ANSWER_H

#include "executor.h"

struct answer {
	unsigned long plan, step;
	void (*write)(const char *line, size_t length);
	bool said_ok;
	bool too_long;
};

void answer_fail(const struct answer *answer, const struct failure *failure);
/* The last line of a request whose verb returned `result`; returns what was answered, 0 or -1. */
int answer_end(struct answer *answer, int result, struct failure *failure);

#endif
