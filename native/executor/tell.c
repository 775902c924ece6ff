/* Tells a guest's own programs of a device that it was given or that was taken. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broadcast.h"
#include "network.h"
#include "udev_files.h"
#include "verbs.h"

static int check_device(const struct news *news, const char *word, struct failure *failure);
static int keep_entry(const struct guest *guest, const struct news *news, bool is_gone, struct failure *failure);

/* Its row tells the main process that one of the kernel's numbers was used, and which was the last one before. */
int guest_tell(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	bool has_udevd = guest_has_udevd(guest), is_gone;
	struct network network = network_of(guest);
	char before[32];
	struct news news;
	int error;

	if (!news_read(request, &news))
		return malformed(request, failure);
	is_gone = strcmp(news.event, "remove") == 0;
	if (!is_gone && check_device(&news, request->word[3], failure) < 0)
		return -1;
	if (!has_udevd && keep_entry(guest, &news, is_gone, failure) < 0)
		return -1;
	if (network.is_ours || (has_udevd && !network.is_deaf_to_kernel))
		return 0;
	error = seqnum_read(before, sizeof(before));
	if (error == 0)
		error = broadcast(guest, &news, network.is_deaf_to_kernel, !has_udevd);
	if (error < 0)
		return fail(failure, -error, "uevent", request->word[3]);
	if (network.is_deaf_to_kernel)
		answer_row(answer, "%s", before);
	return 0;
}

int guest_let_listen(struct guest *guest, const struct request *request, struct answer *answer,
		     struct failure *failure)
{
	(void)request;
	(void)answer;
	if (guest_has_udevd(guest))
		return 0;
	return udev_control_make(guest, failure) < 0 ? -1 : udev_data_check(guest, failure);
}

/* The kernel has a device of that number, and it is that one. */
static int check_device(const struct news *news, const char *word, struct failure *failure)
{
	char path[64], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/dev/%s/%u:%u", news->number.type == 'c' ? "char" : "block",
		 news->number.major, news->number.minor);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return fail(failure, ENODEV, "sysfs", word);
	target[length] = '\0';
	return strncmp(target, "../..", 5) == 0 && strcmp(target + 5, news->devpath) == 0 ?
		       0 :
		       fail(failure, ENODEV, "sysfs", news->devpath);
}

static int keep_entry(const struct guest *guest, const struct news *news, bool is_gone, struct failure *failure)
{
	int kept = is_gone ? udev_entry_remove(guest, news, failure) : udev_entry_write(guest, news, failure);

	/* Where the guest looks into the host's own database, the host's udevd writes it. */
	return kept < 0 && strcmp(failure->call, "host") == 0 ? 0 : kept;
}
