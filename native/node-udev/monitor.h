/* The two uevent sockets: opened once, read in batches. */
#ifndef NODE_UDEV_MONITOR_H
#define NODE_UDEV_MONITOR_H

#include "uevent.h"

/* What one read came to. Lost means that the kernel dropped messages: only an enumeration tells which. */
enum monitor_read { MONITOR_MORE, MONITOR_EMPTY, MONITOR_LOST, MONITOR_BROKEN };

/* `cut` is a datagram longer than UEVENT_BYTES_MAX: its bytes are not all there. */
typedef void monitor_fn(const struct uevent_datagram *datagram, bool cut);

/* A non-blocking descriptor in GROUP with a receive buffer of BYTES or the most that is permitted; -errno. */
int monitor_open(enum uevent_group group, int bytes);
/* What the kernel accounts for the buffer; -errno. */
int monitor_buffer_bytes(int fd);
/* One batch, each datagram handed to RECEIVED. */
enum monitor_read monitor_read(int fd, enum uevent_group group, monitor_fn *received);

#endif
