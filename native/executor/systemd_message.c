#include "systemd_message.h"

#include <string.h>

enum { ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B', VERSION = 1, SIZE_MAX_BYTES = 1 << 27 };
enum { FIELD_PATH = 1, FIELD_INTERFACE, FIELD_MEMBER, FIELD_ERROR, FIELD_REPLY_TO, FIELD_DESTINATION, FIELD_SENDER, FIELD_SIGNATURE };

static void put(struct message *message, const void *bytes, size_t length);
static void put_padding(struct message *message, size_t boundary);
static void put_field(struct message *message, unsigned char code, const char *type, const char *text);
static void set_u32(struct message *message, size_t at, uint32_t value);
static void read_field(struct reader *reader, struct head *head);
static const char *text_of(struct reader *reader, size_t length);
static void skip_to(struct reader *reader, size_t boundary);
static unsigned char get_byte(struct reader *reader);
static uint32_t u32_at(const unsigned char *bytes);
static size_t padded(size_t at, size_t boundary);

void message_begin(struct message *message, const struct call *call)
{
	const unsigned char start[] = { ORDER, MESSAGE_CALL, 0, VERSION };
	struct array fields;

	message->length = message->body = 0;
	message->overfull = false;
	put(message, start, sizeof(start));
	put_u32(message, 0);
	put_u32(message, call->serial);
	fields = array_begin(message);
	put_field(message, FIELD_PATH, "o", call->path);
	put_field(message, FIELD_INTERFACE, "s", call->interface);
	put_field(message, FIELD_MEMBER, "s", call->member);
	if (call->destination)
		put_field(message, FIELD_DESTINATION, "s", call->destination);
	put_field(message, FIELD_SIGNATURE, "g", call->signature);
	array_end(message, fields);
	put_padding(message, 8);
	message->body = message->length;
}

void put_u32(struct message *message, uint32_t value)
{
	put_padding(message, sizeof(value));
	put(message, &value, sizeof(value));
}

void put_u64(struct message *message, uint64_t value)
{
	put_padding(message, sizeof(value));
	put(message, &value, sizeof(value));
}

void put_string(struct message *message, const char *text)
{
	put_u32(message, (uint32_t)strlen(text));
	put(message, text, strlen(text) + 1);
}

void put_signature(struct message *message, const char *text)
{
	unsigned char length = (unsigned char)strlen(text);

	put(message, &length, 1);
	put(message, text, (size_t)length + 1);
}

struct array array_begin(struct message *message)
{
	struct array array = { .place = padded(message->length, sizeof(uint32_t)) };

	put_u32(message, 0);
	put_padding(message, 8);
	array.start = message->length;
	return array;
}

void array_end(struct message *message, struct array array)
{
	set_u32(message, array.place, (uint32_t)(message->length - array.start));
}

void put_structure(struct message *message)
{
	put_padding(message, 8);
}

void message_end(struct message *message)
{
	set_u32(message, sizeof(uint32_t), (uint32_t)(message->length - message->body));
}

uint32_t get_u32(struct reader *reader)
{
	uint32_t value = 0;

	skip_to(reader, sizeof(value));
	if (reader->bad || reader->end - reader->at < sizeof(value)) {
		reader->bad = true;
		return 0;
	}
	value = u32_at(reader->bytes + reader->at);
	reader->at += sizeof(value);
	return value;
}

const char *get_string(struct reader *reader)
{
	return text_of(reader, get_u32(reader));
}

const char *get_signature(struct reader *reader)
{
	return text_of(reader, get_byte(reader));
}

size_t get_array(struct reader *reader)
{
	uint32_t length = get_u32(reader);

	skip_to(reader, 8);
	if (reader->bad || length > reader->end - reader->at) {
		reader->bad = true;
		return reader->at;
	}
	return reader->at + length;
}

void get_structure(struct reader *reader)
{
	skip_to(reader, 8);
}

uint64_t message_size(const unsigned char *bytes)
{
	uint64_t body = u32_at(bytes + 4), fields = u32_at(bytes + 12);

	if (bytes[0] != ORDER || bytes[3] != VERSION || body > SIZE_MAX_BYTES || fields > SIZE_MAX_BYTES)
		return 0;
	return padded(MESSAGE_HEAD + fields, 8) + body;
}

bool message_parse(const unsigned char *bytes, size_t length, struct head *head)
{
	struct reader reader = { .bytes = bytes, .at = MESSAGE_HEAD, .end = length };
	size_t body;

	*head = (struct head){ .type = 0, .path = "", .interface = "", .member = "", .error = "", .signature = "", .sender = "" };
	if (length < MESSAGE_HEAD || message_size(bytes) != length)
		return false;
	head->type = bytes[1];
	reader.end = MESSAGE_HEAD + u32_at(bytes + 12);
	body = padded(reader.end, 8);
	while (!reader.bad && reader.at < reader.end)
		read_field(&reader, head);
	head->body = (struct reader){ .bytes = bytes, .at = body, .end = length };
	return !reader.bad;
}

static void put(struct message *message, const void *bytes, size_t length)
{
	message->overfull |= length > sizeof(message->bytes) - message->length;
	if (message->overfull)
		return;
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

static void put_padding(struct message *message, size_t boundary)
{
	static const unsigned char zeros[8];

	put(message, zeros, padded(message->length, boundary) - message->length);
}

static void put_field(struct message *message, unsigned char code, const char *type, const char *text)
{
	put_structure(message);
	put(message, &code, 1);
	put_signature(message, type);
	if (type[0] == 'g')
		put_signature(message, text);
	else
		put_string(message, text);
}

static void set_u32(struct message *message, size_t at, uint32_t value)
{
	if (!message->overfull)
		memcpy(message->bytes + at, &value, sizeof(value));
}

static void read_field(struct reader *reader, struct head *head)
{
	unsigned char code;
	const char *type, *text = "";
	uint32_t number = 0;

	skip_to(reader, 8);
	code = get_byte(reader);
	type = get_signature(reader);
	if (strcmp(type, "u") == 0)
		number = get_u32(reader);
	else if (strcmp(type, "g") == 0)
		text = get_signature(reader);
	else if (strcmp(type, "s") == 0 || strcmp(type, "o") == 0)
		text = get_string(reader);
	else
		reader->bad = true;
	if (code == FIELD_REPLY_TO)
		head->reply_to = number;
	else if (code == FIELD_PATH)
		head->path = text;
	else if (code == FIELD_INTERFACE)
		head->interface = text;
	else if (code == FIELD_MEMBER)
		head->member = text;
	else if (code == FIELD_ERROR)
		head->error = text;
	else if (code == FIELD_SENDER)
		head->sender = text;
	else if (code == FIELD_SIGNATURE)
		head->signature = text;
}

/* With its NUL, and without another one. */
static const char *text_of(struct reader *reader, size_t length)
{
	const char *text = (const char *)reader->bytes + reader->at;

	if (reader->bad || length >= reader->end - reader->at || text[length] != '\0' || strlen(text) != length) {
		reader->bad = true;
		return "";
	}
	reader->at += length + 1;
	return text;
}

static void skip_to(struct reader *reader, size_t boundary)
{
	size_t at = padded(reader->at, boundary);

	reader->bad |= at > reader->end;
	if (!reader->bad)
		reader->at = at;
}

static unsigned char get_byte(struct reader *reader)
{
	if (reader->bad || reader->at >= reader->end) {
		reader->bad = true;
		return 0;
	}
	return reader->bytes[reader->at++];
}

static uint32_t u32_at(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static size_t padded(size_t at, size_t boundary)
{
	return (at + boundary - 1) / boundary * boundary;
}
