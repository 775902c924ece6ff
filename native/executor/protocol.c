#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

static bool take_id(const char *id, struct request *request);
static bool decode(char *word);
static bool is_plain(char byte);
static int hex_digit(char byte);

bool request_parse(char *line, struct request *request)
{
	char *id = strsep(&line, " "), *word;
	bool readable;

	request->plan = request->step = 0;
	request->words = 0;
	request->word[0] = "";
	readable = take_id(id, request);
	while ((word = strsep(&line, " "))) {
		if (request->words == WORDS_MAX || !decode(word))
			return false;
		request->word[request->words++] = word;
	}
	return readable && request->words > 0 && request->word[0][0] != '\0';
}

const char *encode(const char *word, char *buffer, size_t size)
{
	encode_bytes(word, strlen(word), buffer, size);
	return buffer;
}

size_t encode_bytes(const char *bytes, size_t length, char *buffer, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t used = 0, taken = 0;

	for (; taken < length && used + 4 <= size; taken++) {
		unsigned char byte = (unsigned char)bytes[taken];

		if (is_plain(bytes[taken])) {
			buffer[used++] = bytes[taken];
			continue;
		}
		buffer[used++] = '%';
		buffer[used++] = digits[byte >> 4];
		buffer[used++] = digits[byte & 15];
	}
	if (length == 0)
		buffer[used++] = '%';
	buffer[used] = '\0';
	return taken;
}

bool parse_unsigned(const char *word, unsigned long max, unsigned long *value)
{
	unsigned long sum = 0;

	if (word[0] == '\0' || (word[0] == '0' && word[1] != '\0'))
		return false;
	for (; *word; word++) {
		unsigned long digit = (unsigned long)(*word - '0');

		if (*word < '0' || *word > '9' || digit > max || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	return true;
}

bool parse_number(const char *word, struct device_number *number)
{
	char copy[32], *rest = copy, *major, *minor;
	unsigned long values[2];

	if ((word[0] != 'c' && word[0] != 'b') || word[1] != ':' || strlen(word) >= sizeof(copy))
		return false;
	strcpy(copy, word + 2);
	major = strsep(&rest, ":");
	minor = rest;
	if (!minor || !parse_unsigned(major, 4095, &values[0]) || !parse_unsigned(minor, 1048575, &values[1]))
		return false;
	*number = (struct device_number){ word[0], (unsigned int)values[0], (unsigned int)values[1] };
	return true;
}

bool parse_mode(const char *word, mode_t *mode)
{
	if (strlen(word) != 4 || strspn(word, "01234567") != 4)
		return false;
	*mode = (mode_t)strtoul(word, NULL, 8);
	return true;
}

int fail(struct failure *failure, int error, const char *call, const char *subject)
{
	failure->error = error;
	strncpy(failure->call, call, sizeof(failure->call) - 1);
	failure->call[sizeof(failure->call) - 1] = '\0';
	strncpy(failure->subject, subject, sizeof(failure->subject) - 1);
	failure->subject[sizeof(failure->subject) - 1] = '\0';
	return -1;
}

int malformed(const struct request *request, struct failure *failure)
{
	return fail(failure, EINVAL, "protocol", request->word[0]);
}

bool is_name(const char *word)
{
	return word[0] != '\0' && strlen(word) <= NAME_MAX && strcmp(word, ".") != 0 && strcmp(word, "..") != 0 &&
	       !strchr(word, '/') && is_one_line(word);
}

bool is_one_line(const char *word)
{
	for (; *word; word++)
		if ((unsigned char)*word < ' ' || *word == 0x7f)
			return false;
	return true;
}

void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool take_id(const char *id, struct request *request)
{
	char copy[48], *rest = copy, *plan;
	unsigned long values[2];

	if (strlen(id) >= sizeof(copy))
		return false;
	strcpy(copy, id);
	plan = strsep(&rest, ".");
	if (!rest || !parse_unsigned(plan, LONG_MAX, &values[0]) || !parse_unsigned(rest, LONG_MAX, &values[1]))
		return false;
	request->plan = values[0];
	request->step = values[1];
	return true;
}

/* In place: a decoded word is never longer. A NUL inside a word could not be told from its end. */
static bool decode(char *word)
{
	char *to = word;

	if (word[0] == '\0')
		return false;
	if (word[0] == '%' && word[1] == '\0') {
		word[0] = '\0';
		return true;
	}
	while (*word) {
		int high, low;

		if (*word != '%') {
			if (!is_plain(*word))
				return false;
			*to++ = *word++;
			continue;
		}
		high = hex_digit(word[1]);
		low = high < 0 ? -1 : hex_digit(word[2]);
		if (low < 0 || (high == 0 && low == 0))
			return false;
		*to++ = (char)(high << 4 | low);
		word += 3;
	}
	*to = '\0';
	return true;
}

static bool is_plain(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("_./:@+,=-", byte));
}

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}
