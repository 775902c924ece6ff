/* The socket to the agent. Answers wait for room, events are dropped when there is none, but for those that are emitted surely. */
#ifndef HOSTLER_OUTPUT_H
#define HOSTLER_OUTPUT_H

#include "executor.h"

/* `roomy` is called when a full buffer has room again. */
void output_open(int socket, void (*roomy)(void));
void output_write(const char *lines, size_t length);
/* Sends what can be sent now; false: the agent is gone. */
bool output_flush(void);
/* While false no request is read and no worker's answer is taken, so that every answer finds room. */
bool output_has_room(void);
bool output_is_waiting(void);

#endif
