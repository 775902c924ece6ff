/* Which disk a block device number is now: the kernel counts every use of one, ioctl BLKGETDISKSEQ. */
#ifndef HOSTLER_DISKSEQ_H
#define HOSTLER_DISKSEQ_H

#include "executor.h"

/*
 * A request may name the disk, or the disk of the partition, that it is about: ESTALE diskseq NUMBER when the number is
 * another one's by now. `diskseq` is its word, NULL where there is none.
 */
int diskseq_check(const struct request *request, const struct device_number *number, const char *diskseq,
		  struct failure *failure);
/* Of a disk, or of the disk of a partition. False: there is none. */
bool diskseq_read(const struct device_number *number, unsigned long *diskseq);
/* The word at this place, NULL where the request ends before it. */
const char *optional_word(const struct request *request, int place);

#endif
