/* The agent's socket: lines in, answers out. */
#ifndef HOSTLER_AGENT_H
#define HOSTLER_AGENT_H

int agent_open(int socket);
/* After each turn of the loop: sends what the turn has said. */
void agent_settle(void);

#endif
