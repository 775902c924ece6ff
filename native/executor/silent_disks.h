/* Disks whose file system did not say what was asked of them. Such a use of a disk is not asked again. */
#ifndef HOSTLER_SILENT_DISKS_H
#define HOSTLER_SILENT_DISKS_H

#include <stdint.h>

#include "apart.h"

/* Main process, before any task: they share what did not answer. */
void silent_disks_open(void);
/*
 * apart_ask() of the disk with that number of use. EBUSY: it did not answer before, or 64 others did not, and each keeps a
 * process waiting.
 */
int disk_ask(uint64_t diskseq, const struct asking *asking);

#endif
