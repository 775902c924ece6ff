/* A message as udevd multicasts it: systemd, src/libsystemd/sd-device/device-monitor.c. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "news.h"

struct header {
	char prefix[8];
	uint32_t magic;
	uint32_t header_size, properties_offset, properties_length;
	uint32_t subsystem_hash, devtype_hash, tag_bloom_high, tag_bloom_low;
};
enum { MAGIC = 0xfeedcafe };

static void add_facts(const struct news *news, struct text *text);
static void add_joined(const struct news *news, char kind, const char *key, const char *before, char separator,
		       struct text *text);
static uint64_t tag_bloom(const struct news *news);
static uint32_t murmur2(const char *text);

void news_from_udev(const struct news *news, const char *seqnum, struct text *text)
{
	uint64_t bloom = tag_bloom(news);
	struct header header = {
		.prefix = "libudev",
		.magic = htonl(MAGIC),
		.header_size = sizeof(header),
		.properties_offset = sizeof(header),
		.subsystem_hash = htonl(murmur2(news->subsystem)),
		.devtype_hash = news->devtype ? htonl(murmur2(news->devtype)) : 0,
		.tag_bloom_high = htonl((uint32_t)(bloom >> 32)),
		.tag_bloom_low = htonl((uint32_t)bloom),
	};

	text->length = sizeof(header);
	text_add(text, "ACTION=", news->event, '\0');
	add_facts(news, text);
	text_add(text, "SEQNUM=", seqnum, '\0');
	add_joined(news, 'S', "DEVLINKS=", "/dev/", ' ', text);
	add_joined(news, 'G', "TAGS=:", "", ':', text);
	add_joined(news, 'Q', "CURRENT_TAGS=:", "", ':', text);
	header.properties_length = (uint32_t)(text->length - sizeof(header));
	memcpy(text->bytes, &header, sizeof(header));
}

/* The kernel says names below /dev, udev says paths. */
static void add_facts(const struct news *news, struct text *text)
{
	for (int i = 0; i < news->facts; i++) {
		const char *fact = news->fact[i];

		if (strncmp(fact, "K:DEVNAME=", 10) == 0)
			text_add(text, "DEVNAME=/dev/", fact + 10, '\0');
		else if (fact[0] == 'K' || fact[0] == 'E')
			text_add(text, "", fact + 2, '\0');
		else if (fact[0] == 'I')
			text_add(text, "USEC_INITIALIZED=", fact + 2, '\0');
	}
}

/* Tags have a separator at the end too. */
static void add_joined(const struct news *news, char kind, const char *key, const char *before, char separator,
		       struct text *text)
{
	bool is_first = true;

	for (int i = 0; i < news->facts; i++) {
		if (news->fact[i][0] != kind)
			continue;
		if (is_first) {
			text_add(text, key, "", separator);
			text->length--;
		}
		text_add(text, before, news->fact[i] + 2, separator);
		is_first = false;
	}
	if (is_first || text->is_cut)
		return;
	if (separator == ' ')
		text->bytes[text->length - 1] = '\0';
	else
		text_add(text, "", "", '\0');
}

/* Four bits a tag: a listener's filter in the kernel lets through what has them all. */
static uint64_t tag_bloom(const struct news *news)
{
	uint64_t bits = 0;

	for (int i = 0; i < news->facts; i++) {
		uint32_t hash = news->fact[i][0] == 'G' ? murmur2(news->fact[i] + 2) : 0;

		for (int shift = 0; news->fact[i][0] == 'G' && shift < 24; shift += 6)
			bits |= UINT64_C(1) << ((hash >> shift) & 63);
	}
	return bits;
}

/* MurmurHash2 of Austin Appleby, seed 0. */
static uint32_t murmur2(const char *text)
{
	const uint32_t factor = 0x5bd1e995;
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text);
	uint32_t hash = (uint32_t)left, word;

	for (; left >= 4; at += 4, left -= 4) {
		memcpy(&word, at, 4);
		word *= factor;
		word ^= word >> 24;
		hash = (hash * factor) ^ (word * factor);
	}
	for (size_t i = left; i > 0; i--)
		hash ^= (uint32_t)at[i - 1] << (8 * (i - 1));
	if (left > 0)
		hash *= factor;
	hash ^= hash >> 13;
	hash *= factor;
	return hash ^ (hash >> 15);
}
