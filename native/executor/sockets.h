/* Unix sockets that the executor makes, and who is at the other end. */
#ifndef HOSTLER_SOCKETS_H
#define HOSTLER_SOCKETS_H

#include <sys/un.h>

#include "executor.h"

/* False: not an absolute path, or too long for an address. */
bool socket_address(const char *path, struct sockaddr_un *address);
/* Binds a new non-blocking socket of TYPE there, with MODE from its first moment; a socket left there before is removed. -errno. */
int socket_bind(const char *path, int type, mode_t mode);
/* Whether the process is in the executor's own namespace NAME (pid, user, mnt). 1 or 0; -errno when the process is gone or hidden. */
int shares_namespace(pid_t pid, const char *name);

#endif
