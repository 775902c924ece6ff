/*
 * What a guest is told of one device. `tell` has it as words of one letter, a colon and a fact, as udev's database has:
 * E property, S link, G tag, Q current tag, I initialised; and K for what the kernel itself says of the device.
 */
#ifndef HOSTLER_NEWS_H
#define HOSTLER_NEWS_H

#include "executor.h"

/* The kernel's own limit for a uevent, less the SEQNUM that it adds; what older readers of udev's messages have room for. */
enum { KERNEL_NEWS_MAX = 2000, UDEV_NEWS_MAX = 8192 };

struct news {
	const char *event; /* add, change or remove */
	struct device_number number;
	const char *devpath, *subsystem, *devtype; /* devtype may be NULL */
	char *const *fact;
	int facts;
};
struct text {
	char bytes[UDEV_NEWS_MAX];
	size_t length;
	bool is_cut;
};

/* From the words after the guest's name. False: malformed. */
bool news_read(const struct request *request, struct news *news);
/* Appends KEY, VALUE and one END. */
void text_add(struct text *text, const char *key, const char *value, char end);

/* The file that udev would have in its database. */
void news_entry(const struct news *news, struct text *text);
/* What the kernel would multicast, without SEQNUM. */
void news_from_kernel(const struct news *news, struct text *text);
/* What udevd would multicast. */
void news_from_udev(const struct news *news, const char *seqnum, struct text *text);

#endif
