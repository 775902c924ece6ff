#include "uevent.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* What udevd puts before the properties: systemd, src/libsystemd/sd-device/device-monitor.c. */
struct udev_header {
	char prefix[8];
	uint32_t magic;
	uint32_t header_size, properties_offset, properties_length;
	uint32_t subsystem_hash, devtype_hash, tag_bloom_high, tag_bloom_low;
};
enum { UDEV_MAGIC = 0xfeedcafe, PATH_BYTES_MAX = 1024 };

/* The part of a datagram that is KEY=VALUE strings, each with its NUL. */
struct properties {
	const char *at, *end;
};

struct found {
	const char *action, *devpath, *subsystem, *old_devpath, *devname, *seqnum;
};

static enum uevent_verdict split_kernel(const struct uevent_datagram *datagram, struct properties *properties);
static enum uevent_verdict split_udev(const struct uevent_datagram *datagram, struct properties *properties);
static enum uevent_verdict collect(struct properties properties, struct found *found);
static bool header_agrees(const char *header, const struct found *found);
static bool names_are_sound(const struct found *found);
static bool action_is_known(const char *action);
static bool parse_seqnum(const char *text, uint64_t *seqnum);

enum uevent_verdict uevent_parse(const struct uevent_datagram *datagram, struct uevent *uevent)
{
	enum uevent_verdict verdict = uevent_judge_sender(datagram);
	struct properties properties;
	struct found found = {0};
	uint64_t seqnum = 0;

	if (verdict == UEVENT_ACCEPTED)
		verdict = datagram->socket == UEVENT_KERNEL ? split_kernel(datagram, &properties) : split_udev(datagram, &properties);
	if (verdict == UEVENT_ACCEPTED)
		verdict = collect(properties, &found);
	if (verdict != UEVENT_ACCEPTED)
		return verdict;
	if (!found.action || !found.devpath || !found.subsystem || !parse_seqnum(found.seqnum, &seqnum))
		return UEVENT_HEADER;
	if (datagram->socket == UEVENT_KERNEL && !header_agrees(datagram->bytes, &found))
		return UEVENT_HEADER;
	if (!action_is_known(found.action))
		return UEVENT_HEADER;
	if (!names_are_sound(&found))
		return UEVENT_NAME;
	*uevent = (struct uevent){datagram->socket, found.action, found.devpath, found.subsystem,
				  found.old_devpath ? found.old_devpath : "", seqnum};
	return UEVENT_ACCEPTED;
}

/* A message that a process injects through the kernel has port 0 too; only its credentials name the process. */
enum uevent_verdict uevent_judge_sender(const struct uevent_datagram *datagram)
{
	if (datagram->groups == 0)
		return UEVENT_UNICAST;
	if (datagram->groups != (uint32_t)datagram->socket || datagram->uid != 0)
		return UEVENT_SENDER;
	if (datagram->socket == UEVENT_UDEV)
		return datagram->port != 0 ? UEVENT_ACCEPTED : UEVENT_SENDER;
	if (datagram->port != 0)
		return UEVENT_SENDER;
	return datagram->pid == 0 ? UEVENT_ACCEPTED : UEVENT_INJECTED;
}

const char *uevent_verdict_name(enum uevent_verdict verdict)
{
	static const char *const names[UEVENT_VERDICTS] = {
		"accepted", "sender", "injected", "magic", "short", "header", "name", "unicast", "unverified"};

	return names[verdict];
}

/* ACTION@DEVPATH, then the properties. */
static enum uevent_verdict split_kernel(const struct uevent_datagram *datagram, struct properties *properties)
{
	if (datagram->length < UEVENT_BYTES_MIN || datagram->bytes[datagram->length - 1] != '\0')
		return UEVENT_SHORT;
	properties->at = datagram->bytes + strlen(datagram->bytes) + 1;
	properties->end = datagram->bytes + datagram->length;
	return UEVENT_ACCEPTED;
}

static enum uevent_verdict split_udev(const struct uevent_datagram *datagram, struct properties *properties)
{
	struct udev_header header;

	if (datagram->length < sizeof(header))
		return UEVENT_SHORT;
	memcpy(&header, datagram->bytes, sizeof(header));
	if (memcmp(header.prefix, "libudev", sizeof(header.prefix)) != 0 || ntohl(header.magic) != UDEV_MAGIC)
		return UEVENT_MAGIC;
	if (header.header_size < sizeof(header) || header.properties_offset < header.header_size)
		return UEVENT_HEADER;
	if (header.properties_offset > datagram->length || header.properties_length < UEVENT_BYTES_MIN)
		return UEVENT_SHORT;
	if (header.properties_length != datagram->length - header.properties_offset)
		return UEVENT_SHORT;
	properties->at = datagram->bytes + header.properties_offset;
	properties->end = datagram->bytes + datagram->length;
	return properties->end[-1] == '\0' ? UEVENT_ACCEPTED : UEVENT_SHORT;
}

/* A key that counts and comes twice is a contradiction, whichever of the two were believed. */
static bool take(const char *property, const char *key, const char **value)
{
	size_t length = strlen(key);

	if (strncmp(property, key, length) != 0 || property[length] != '=')
		return true;
	if (*value)
		return false;
	*value = property + length + 1;
	return true;
}

static enum uevent_verdict collect(struct properties properties, struct found *found)
{
	for (const char *at = properties.at; at < properties.end; at += strlen(at) + 1) {
		bool sound = true;

		switch (*at) {
		case 'A':
			sound = take(at, "ACTION", &found->action);
			break;
		case 'D':
			sound = take(at, "DEVPATH", &found->devpath) && take(at, "DEVPATH_OLD", &found->old_devpath) &&
				take(at, "DEVNAME", &found->devname);
			break;
		case 'S':
			sound = take(at, "SUBSYSTEM", &found->subsystem) && take(at, "SEQNUM", &found->seqnum);
			break;
		default:
			break;
		}
		if (!sound)
			return UEVENT_HEADER;
	}
	return UEVENT_ACCEPTED;
}

static bool header_agrees(const char *header, const struct found *found)
{
	size_t length = strlen(found->action);

	return strncmp(header, found->action, length) == 0 && header[length] == '@' &&
	       strcmp(header + length + 1, found->devpath) == 0;
}

static bool path_is_sound(const char *path)
{
	size_t part = 0, length = strlen(path);

	if (length == 0 || length > PATH_BYTES_MAX)
		return false;
	for (const char *at = path;; at++) {
		if (*at == '/' || *at == '\0') {
			if (part == 2 && at[-1] == '.' && at[-2] == '.')
				return false;
			part = 0;
		} else {
			part++;
		}
		if (*at == '\0')
			return true;
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	}
}

static bool names_are_sound(const struct found *found)
{
	if (found->devpath[0] != '/' || !path_is_sound(found->devpath))
		return false;
	if (found->old_devpath && (found->old_devpath[0] != '/' || !path_is_sound(found->old_devpath)))
		return false;
	if (found->devname && !path_is_sound(found->devname))
		return false;
	return path_is_sound(found->subsystem) && !strchr(found->subsystem, '/');
}

static bool action_is_known(const char *action)
{
	static const char *const known[] = {"add", "remove", "change", "move", "online", "offline", "bind", "unbind"};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(action, known[i]) == 0)
			return true;
	return false;
}

static bool parse_seqnum(const char *text, uint64_t *seqnum)
{
	char *end;

	if (!text || text[0] < '0' || text[0] > '9' || strlen(text) > 19)
		return false;
	*seqnum = strtoull(text, &end, 10);
	return *end == '\0';
}
