/* Asks what may wait for a file system that a guest serves, and for ever: in a process that is left behind then. */
#ifndef HOSTLER_APART_H
#define HOSTLER_APART_H

#include <stddef.h>
#include <sys/types.h>

/* In a process where nothing of the asker's is open; it ends with the asker, if it can. */
typedef void question_fn(const void *of, void *reply);
struct asking {
	int ms;
	question_fn *question;
	const void *of;
	void *reply; /* at most PIPE_BUF large */
	size_t size;
};
/* In a task. -errno, and no reply: ETIMEDOUT, not within `ms`, and `left` is who is left behind. */
int apart_ask(const struct asking *asking, pid_t *left);

#endif
