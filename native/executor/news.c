#include "news.h"

#include <stdio.h>
#include <string.h>

#include "paths.h"

enum { FACT_BYTES_MAX = 2048 };

static bool read_fact(char *fact, struct news *news);
static bool is_known_event(const char *event);
static bool is_printable(const char *text);
static bool is_property(const char *text);
static bool is_devpath(const char *path);
static const char *value_of(const char *property, const char *key);

bool news_read(const struct request *request, struct news *news)
{
	struct failure ignored;

	*news = (struct news){ .event = request->word[2], .fact = request->word + 4, .facts = request->words - 4 };
	if (!is_known_event(news->event) || !parse_number(request->word[3], &news->number))
		return false;
	for (int i = 0; i < news->facts; i++)
		if (!read_fact(news->fact[i], news))
			return false;
	if (!news->devpath || !is_devpath(news->devpath) || path_check(news->devpath + 1, &ignored) < 0)
		return false;
	return news->subsystem && news->subsystem[0] != '\0' && !strchr(news->subsystem, '/');
}

void text_add(struct text *text, const char *key, const char *value, char end)
{
	size_t key_bytes = strlen(key), value_bytes = strlen(value);

	if (text->length + key_bytes + value_bytes + 1 > sizeof(text->bytes)) {
		text->is_cut = true;
		return;
	}
	memcpy(text->bytes + text->length, key, key_bytes);
	memcpy(text->bytes + text->length + key_bytes, value, value_bytes);
	text->length += key_bytes + value_bytes + 1;
	text->bytes[text->length - 1] = end;
}

/* In udev's own order. */
void news_entry(const struct news *news, struct text *text)
{
	for (const char *kind = "SIEGQ"; *kind; kind++)
		for (int i = 0; i < news->facts; i++)
			if (news->fact[i][0] == *kind)
				text_add(text, "", news->fact[i], '\n');
	text_add(text, "V:1", "", '\n');
}

void news_from_kernel(const struct news *news, struct text *text)
{
	text_add(text, news->event, "@", '\0');
	text->length--;
	text_add(text, news->devpath, "", '\0');
	text_add(text, "ACTION=", news->event, '\0');
	for (int i = 0; i < news->facts; i++)
		if (news->fact[i][0] == 'K')
			text_add(text, "", news->fact[i] + 2, '\0');
	text->is_cut = text->is_cut || text->length > KERNEL_NEWS_MAX;
}

static bool read_fact(char *fact, struct news *news)
{
	struct failure ignored;
	unsigned long number;
	const char *said;

	if (strlen(fact) < 3 || strlen(fact) > FACT_BYTES_MAX || fact[1] != ':' || !is_printable(fact))
		return false;
	said = fact + 2;
	switch (fact[0]) {
	case 'K':
		news->devpath = value_of(said, "DEVPATH") ?: news->devpath;
		news->subsystem = value_of(said, "SUBSYSTEM") ?: news->subsystem;
		news->devtype = value_of(said, "DEVTYPE") ?: news->devtype;
		return is_property(said);
	case 'E':
		return is_property(said);
	case 'S':
		return path_check(said, &ignored) == 0;
	case 'G':
	case 'Q':
		return !strpbrk(said, ":/") && said[0] != '.';
	case 'I':
		return parse_unsigned(said, (unsigned long)-1, &number);
	default:
		return false;
	}
}

static bool is_known_event(const char *event)
{
	return strcmp(event, "add") == 0 || strcmp(event, "change") == 0 || strcmp(event, "remove") == 0;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* The rest of a message is not for the agent to say. */
static bool is_property(const char *text)
{
	size_t key = strcspn(text, "=");

	return key > 0 && text[key] == '=' && !value_of(text, "ACTION") && !value_of(text, "SEQNUM");
}

static bool is_devpath(const char *path)
{
	return strncmp(path, "/devices/", 9) == 0;
}

static const char *value_of(const char *property, const char *key)
{
	size_t length = strlen(key);

	return strncmp(property, key, length) == 0 && property[length] == '=' ? property + length + 1 : NULL;
}
