/*
 * Asks what may wait for a file system that a guest serves, and for ever: in a process that is left behind then. Such a use of
 * a disk is never asked again.
 */
#ifndef HOSTLER_APART_H
#define HOSTLER_APART_H

#include <stddef.h>
#include <stdint.h>

/* In a process where nothing of the asker's is open; it ends with the asker, if it can. */
typedef void question_fn(const void *of, void *reply);
/* Main process, before any task: they share what did not answer. */
void apart_open(void);
/*
 * In a task. -errno, and no reply: ETIMEDOUT, not within `ms`; EBUSY, that disk did not answer before, or too many did not.
 * A reply is at most PIPE_BUF large.
 */
int apart_ask(uint64_t diskseq, int ms, question_fn *question, const void *of, void *reply, size_t size);

#endif
