#ifndef BENCH_UEVENTS_H
#define BENCH_UEVENTS_H

#include <sys/types.h>

enum { KERNEL_GROUP = 1, UDEV_GROUP = 2, NAME_MAX_BYTES = 128 };

struct uevent {
	char action[16];
	char name[NAME_MAX_BYTES]; /* below /dev */
	mode_t kind;		   /* S_IFCHR or S_IFBLK */
	dev_t number;
};

/* A socket on one group of uevents. Ends the program where there is none to be had. */
int listen_to(unsigned int group);

/* Takes in one uevent. Whether it is about a node whose name the shell pattern takes. */
int hear_uevent(int fd, const char *pattern, struct uevent *event);

#endif
