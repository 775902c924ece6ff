/* Lines to requests. */
#ifndef HOSTLER_PROTOCOL_H
#define HOSTLER_PROTOCOL_H

#include "executor.h"

/*
 * Takes the line (without newline) apart in place. False: it cannot be read; plan and step are then what was readable,
 * else 0, and word[0] is the verb, else empty.
 */
bool request_parse(char *line, struct request *request);

#endif
