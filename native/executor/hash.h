/* Where a text is looked for among many. */
#ifndef HOSTLER_HASH_H
#define HOSTLER_HASH_H

#include <stdint.h>

/* FNV-1a. */
uint32_t hash_text(const char *text);

#endif
