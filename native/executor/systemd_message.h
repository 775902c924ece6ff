/*
 * One D-Bus message in this machine's byte order: written, or taken apart. Lengths that the other side states are
 * checked against what arrived before anything is read.
 */
#ifndef HOSTLER_SYSTEMD_MESSAGE_H
#define HOSTLER_SYSTEMD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MESSAGE_MAX = 1 << 17, MESSAGE_HEAD = 16 };
enum { MESSAGE_CALL = 1, MESSAGE_RETURN = 2, MESSAGE_ERROR = 3, MESSAGE_SIGNAL = 4 };

/* What does not fit makes it overfull, and it is not to be sent. */
struct message {
	size_t length, body;
	bool overfull;
	unsigned char bytes[MESSAGE_MAX];
};

struct call {
	uint32_t serial;
	const char *path, *interface, *member, *signature;
	const char *destination; /* NULL: who has the connection */
};
/* The arguments follow, in the order of the signature; then message_end(). */
void message_begin(struct message *message, const struct call *call);
void put_u32(struct message *message, uint32_t value);
void put_u64(struct message *message, uint64_t value);
void put_string(struct message *message, const char *text);
void put_signature(struct message *message, const char *text);
/* An array of structures: where its length is written, and where the first one begins. */
struct array {
	size_t place, start;
};
struct array array_begin(struct message *message);
void array_end(struct message *message, struct array array);
void put_structure(struct message *message);
void message_end(struct message *message);

/* Once anything was wrong `bad` stays, strings are empty and numbers 0. */
struct reader {
	const unsigned char *bytes;
	size_t at, end;
	bool bad;
};
uint32_t get_u32(struct reader *reader);
/* Points into the message, NUL-terminated. */
const char *get_string(struct reader *reader);
const char *get_signature(struct reader *reader);
/* Where an array of structures ends. */
size_t get_array(struct reader *reader);
void get_structure(struct reader *reader);

struct head {
	unsigned char type;
	uint32_t reply_to;
	const char *path, *interface, *member, *error, *signature, *sender; /* empty where it has none */
	struct reader body;
};
/* The size of the message that begins here, from MESSAGE_HEAD bytes. 0: that is none. */
uint64_t message_size(const unsigned char *bytes);
/* A whole message. False: malformed. */
bool message_parse(const unsigned char *bytes, size_t length, struct head *head);

#endif
