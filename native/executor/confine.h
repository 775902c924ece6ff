/* Workers read what guests wrote: what is written there never becomes a program. */
#ifndef HOSTLER_CONFINE_H
#define HOSTLER_CONFINE_H

/* From now on this process makes no memory executable and begins no program, and neither do its children. Not where the kernel cannot do that. */
void confine(void);

#endif
