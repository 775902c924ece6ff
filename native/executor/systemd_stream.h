/* A connection to systemd's own socket, which needs no message bus, or to the bus of the system: it never waits, whoever has it says for how long. */
#ifndef HOSTLER_SYSTEMD_STREAM_H
#define HOSTLER_SYSTEMD_STREAM_H

#include "systemd_message.h"

struct stream {
	int fd;
	bool greeted;     /* the other side took us for who we are */
	bool is_bus, has_passed;
	int passed; /* a descriptor that came with what was read last */
	size_t filled, kept; /* the message that ended the last reading is the first of what is here */
	uint64_t skipped; /* bytes still to come of a message that is too long to be kept */
	unsigned char bytes[MESSAGE_MAX];
};

/* Whether systemd is the manager of this host. */
bool systemd_runs(void);
/* Connects and says who we are. 0 or -errno. */
int stream_open(struct stream *stream);
int stream_open_bus(struct stream *stream);
/* What came last, the caller's from then on; -1: nothing. */
int stream_take_descriptor(struct stream *stream);
void stream_close(struct stream *stream);
/* False ends the reading, and what the message points to stays. */
typedef bool message_fn(const struct head *head, void *context);
/* Takes what has arrived, and calls for each whole message. 0, or -errno when the connection is of no use any more. */
int stream_receive(struct stream *stream, message_fn *each, void *context);

#endif
