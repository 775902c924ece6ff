#include "start_words.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"

/* What may stand in the name of a unit; `@` has a meaning before the instance only. */
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define SUFFIX ".service"

static char *put_hex(char *to, char byte);

bool is_unit_instance(const char *name)
{
	return name[strspn(name, LETTERS ":_.-@")] == '\0' && strlen("lxc@") + strlen(name) + strlen(SUFFIX) < UNIT_NAME_BYTES;
}

void put_unit_name(char unit[UNIT_NAME_BYTES], const char *prefix, const char *name)
{
	enum { NUMBER = sizeof("-01234567") - 1 };
	char *end = stpcpy(unit, prefix), *last = unit + UNIT_NAME_BYTES - sizeof(SUFFIX), *cut = end;

	for (const char *from = name; *from; from++) {
		char piece[8], *after = piece;

		if (strchr(LETTERS ":_.-", *from))
			*after++ = *from;
		else
			after = put_hex(after, *from);
		if (end + (after - piece) > last) {
			end = cut + sprintf(cut, "-%08x", hash_text(name));
			break;
		}
		memcpy(end, piece, (size_t)(after - piece));
		end += after - piece;
		if (end + NUMBER <= last)
			cut = end;
	}
	strcpy(end, SUFFIX);
}

char *put_property_word(char *to, const char *word)
{
	for (; *word; word++) {
		/* What is no ASCII stands for itself: systemd takes no other bytes than those of UTF-8. */
		if (*word == '$')
			to = stpcpy(to, "$$");
		else if ((*word & 0x80) || strchr(LETTERS ":_.-@/,+=%", *word))
			*to++ = *word;
		else
			to = put_hex(to, *word);
	}
	*to = '\0';
	return to;
}

void put_argument(char *to, const char *word)
{
	for (; *word; word++) {
		if (*word == '$')
			*to++ = '$';
		*to++ = *word;
	}
	*to = '\0';
}

static char *put_hex(char *to, char byte)
{
	return to + sprintf(to, "\\x%02x", (unsigned char)byte);
}
