/*
 * Any bytes as a uevent, from a sender that is believed: the first byte says kernel or udev, the rest is the datagram.
 * Nothing may be read behind its end, and whatever is accepted keeps the parser's promises.
 */
#include <stdlib.h>
#include <string.h>

#include "uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_path(const struct uevent_datagram *datagram, const char *path)
{
	const char *end = datagram->bytes + datagram->length;

	must(path >= datagram->bytes && path + strlen(path) < end);
	must(path[0] == '/' && !strstr(path, "/../") && !strchr(path, '\n'));
	must(strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_kernel = size > 0 && data[0] % 2;
	struct uevent_datagram datagram = {
		.socket = is_kernel ? UEVENT_KERNEL : UEVENT_UDEV,
		.bytes = (const char *)data + 1,
		.length = size - 1,
		.port = is_kernel ? 0 : 812,
		.groups = is_kernel ? UEVENT_KERNEL : UEVENT_UDEV,
	};
	struct uevent uevent;

	if (size == 0 || size > UEVENT_BYTES_MAX || uevent_parse(&datagram, &uevent) != UEVENT_ACCEPTED)
		return 0;
	must_be_path(&datagram, uevent.devpath);
	if (*uevent.old_devpath)
		must_be_path(&datagram, uevent.old_devpath);
	must(*uevent.action && *uevent.subsystem && !strchr(uevent.subsystem, '/'));
	return 0;
}
