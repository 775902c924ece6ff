/* Bytes between two stream sockets, both ways, without blocking and with bounded buffers. */
#ifndef HOSTLER_PASSAGE_H
#define HOSTLER_PASSAGE_H

#include <sys/un.h>

#include "executor.h"

/*
 * Connects to INNER, says PREAMBLE there first, then passes bytes until both sides have ended. Takes CLIENT over when true;
 * false: nobody listens, or there are too many passages.
 */
bool passage_open(int client, const struct sockaddr_un *inner, const char *preamble);

#endif
