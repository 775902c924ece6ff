/* One datagram to a Unix socket, never waiting: journald's native protocol and sd_notify. */
#ifndef SYSTEMD_JOURNAL_DATAGRAM_H
#define SYSTEMD_JOURNAL_DATAGRAM_H

#include <stddef.h>
#include <sys/types.h>

/*
 * What is sent from now on comes from this process: journald and the manager of services look up by it whose it is. Without
 * CAP_SYS_ADMIN it comes from the caller itself all the same.
 */
void datagram_speak_for(pid_t process);

/* PATH may start with "@" for an abstract name. 0 or -errno; EAGAIN when the receiver's queue is full. */
int datagram_send(const char *path, const char *bytes, size_t length);

/* As above; what does not fit into a datagram goes as a sealed memory file, which journald takes. */
int datagram_send_large(const char *path, const char *bytes, size_t length);

/*
 * Appends one field in journald's form (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): NAME=VALUE, or with a length where
 * the value has a newline. The bytes used, or 0: no room, or not a name that journald takes from a client.
 */
size_t journal_field(const char *word, char *to, size_t room);

#endif
