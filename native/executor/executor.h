/* What the executor's files share: the message, the loop, the guest. */
#ifndef HOSTLER_EXECUTOR_H
#define HOSTLER_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LINE_MAX_BYTES = 65536, WORDS_MAX = 2048, DEADLINE_MS = 5000 };

/* A descriptor that closes itself: `autofd int fd = open(...)`. */
void close_fd(const int *fd);
#define autofd __attribute__((cleanup(close_fd)))

/* One decoded request. Words are NUL-terminated and hold no other NUL; word[0] is the verb. */
struct request {
	unsigned long plan, step;
	int words;
	char *word[WORDS_MAX];
};

/* Why a verb failed: filled by fail(), written by the caller of the verb. */
struct failure {
	int error;
	char call[32];
	char subject[512];
};

/* Where a verb's rows and its ok-words go; opaque, in protocol.c. */
struct answer;

/*
 * Every verb: 0 when done, or what fail() returned. A verb that says no answer_ok() is answered with a bare `ok`. A host
 * verb may also return ANSWERED_LATER: the answer comes from elsewhere.
 */
enum { ANSWERED_LATER = 1 };
typedef int verb_fn(const struct request *request, struct answer *answer, struct failure *failure);
/* A verb about one guest runs in that guest's worker. */
struct guest;
typedef int guest_verb_fn(struct guest *guest, const struct request *request, struct answer *answer,
			  struct failure *failure);

int fail(struct failure *failure, int error, const char *call, const char *subject); /* always -1 */
void answer_row(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void answer_ok(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Percent-encodes one word into a buffer of this call's caller; returns it, so it can stand in a format's arguments. */
const char *encode(const char *word, char *buffer, size_t size);
/* The same for bytes that may hold NUL; returns how many of them found room. */
size_t encode_bytes(const char *bytes, size_t length, char *buffer, size_t size);

/* Main process only. The text is one or more encoded words, without "event " and newline. */
void emit(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for the few that nothing else would tell the agent: they wait with the answers, however much waits. */
void emit_surely(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* True while the agent does not read: hints that can be healed (uevents) are then not to be emitted, but counted as lost. */
bool output_is_full(void);

/* Main process only: one epoll loop. The callback gets the epoll events. A timer is a CLOCK_MONOTONIC deadline in ms, 0 for none. */
struct source {
	int fd;
	void (*ready)(struct source *source, uint32_t events);
};
int loop_add(struct source *source, uint32_t events);
int loop_change(struct source *source, uint32_t events);
void loop_remove(struct source *source);
struct timer {
	uint64_t at;
	void (*ring)(struct timer *timer);
	struct timer *next;
};
void timer_set(struct timer *timer, uint64_t at);
uint64_t now_ms(void);

/* Words to numbers; false when the word is not exactly that. */
bool parse_unsigned(const char *word, unsigned long max, unsigned long *value);
struct device_number {
	char type; /* 'c' or 'b' */
	unsigned int major, minor;
};
bool parse_number(const char *word, struct device_number *number); /* c:189:4 */
bool parse_mode(const char *word, mode_t *mode); /* 0660 */
/* What a malformed word is answered with: EINVAL protocol VERB. */
int malformed(const struct request *request, struct failure *failure);
/* Whether it can be what a folder is called, and has nothing that ends a line. */
bool is_name(const char *word);
bool is_one_line(const char *word);

#endif
