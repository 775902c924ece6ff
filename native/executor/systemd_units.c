#include "systemd_units.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Less than a worker may be silent. */
enum { PATIENCE_MS = DEADLINE_MS - 1000, PAUSE_MS = 20, UNIT_PATH_MAX = 1024 };

static const char manager[] = "org.freedesktop.systemd1.Manager";
static const char manager_path[] = "/org/freedesktop/systemd1";

static struct stream stream = { .fd = -1 };
static struct message message;
static uint64_t deadline;
static uint32_t serial;

struct reply {
	bool arrived;
	struct head head;
};

static struct array begin_properties(const char *unit);
static void begin_property(const char *name, const char *signature);
static int get_property(const char *unit, const char *interface, const char *name, struct head *head,
			struct failure *failure);
static void begin(const char *path, const char *interface, const char *member, const char *signature);
static int ask(struct head *head, struct failure *failure);
static int ask_once(struct reply *reply);
static int receive(struct reply *reply);
static bool is_reply(const struct head *head, void *context);
static int send_message(void);
static int wait_for(short events);
static void unit_path(const char *unit, char *path, size_t size);
static const char *unit_interface(const char *unit);
static void put_devices(const struct unit_entry *entry, int count);

void units_begin(void)
{
	deadline = now_ms() + PATIENCE_MS;
}

void units_end(void)
{
	stream_close(&stream);
}

int unit_devices_get(const char *unit, struct unit_devices *devices, struct failure *failure)
{
	struct reader *body;
	struct head head;
	size_t end;

	if (get_property(unit, unit_interface(unit), "DevicePolicy", &head, failure) < 0)
		return -1;
	body = &head.body;
	if (strcmp(get_signature(body), "s") != 0)
		return fail(failure, EPROTO, "systemd", unit);
	snprintf(devices->policy, sizeof(devices->policy), "%s", get_string(body));
	if (get_property(unit, unit_interface(unit), "DeviceAllow", &head, failure) < 0)
		return -1;
	if (strcmp(get_signature(body), "a(ss)") != 0)
		return fail(failure, EPROTO, "systemd", unit);
	end = get_array(body);
	for (devices->count = 0; !body->bad && body->at < end; devices->count++) {
		if (devices->count == UNIT_ENTRIES_MAX)
			return fail(failure, E2BIG, "systemd", unit);
		get_structure(body);
		devices->entry[devices->count].path = get_string(body);
		devices->entry[devices->count].access = get_string(body);
	}
	return body->bad ? fail(failure, EPROTO, "systemd", unit) : 0;
}

/* One call, so that nobody sees the empty list between: systemd makes its program when the call is done. */
int unit_devices_set(const char *unit, const struct unit_entry *entry, int count, bool all, const char *policy,
		     struct failure *failure)
{
	struct array properties;
	struct head head;

	properties = begin_properties(unit);
	if (policy) {
		begin_property("DevicePolicy", "s");
		put_string(&message, policy);
	}
	if (all)
		put_devices(NULL, 0);
	if (count > 0)
		put_devices(entry, count);
	array_end(&message, properties);
	return ask(&head, failure);
}

/* systemd writes the control files between two calls. */
int unit_numbers_set(const char *unit, const struct unit_number *number, int count, struct failure *failure)
{
	struct array properties = begin_properties(unit);
	struct head head;

	for (int i = 0; i < count; i++) {
		begin_property(number[i].name, "t");
		put_u64(&message, number[i].value);
	}
	array_end(&message, properties);
	if (ask(&head, failure) < 0)
		return -1;
	return get_property(unit, unit_interface(unit), number[0].name, &head, failure);
}

/* Not in the place of an end that is under way. */
int unit_start(const char *unit, struct failure *failure)
{
	struct head head;

	begin(manager_path, manager, "StartUnit", "ss");
	put_string(&message, unit);
	put_string(&message, "fail");
	return ask(&head, failure);
}

int unit_waits(const char *unit, struct failure *failure)
{
	struct head head;

	if (get_property(unit, "org.freedesktop.systemd1.Unit", "Job", &head, failure) < 0)
		return -1;
	if (strcmp(get_signature(&head.body), "(uo)") != 0)
		return false;
	get_structure(&head.body);
	return get_u32(&head.body) != 0;
}

int unit_text_get(const char *unit, const char *interface, const char *name, char *text, size_t size,
		  struct failure *failure)
{
	struct head head;

	if (get_property(unit, interface, name, &head, failure) < 0)
		return -1;
	if (strcmp(get_signature(&head.body), "s") != 0)
		return fail(failure, EPROTO, "systemd", unit);
	snprintf(text, size, "%s", get_string(&head.body));
	return 0;
}

static struct array begin_properties(const char *unit)
{
	begin(manager_path, manager, "SetUnitProperties", "sba(sv)");
	put_string(&message, unit);
	put_u32(&message, true);
	return array_begin(&message);
}

static void begin_property(const char *name, const char *signature)
{
	put_structure(&message);
	put_string(&message, name);
	put_signature(&message, signature);
}

static int get_property(const char *unit, const char *interface, const char *name, struct head *head,
			struct failure *failure)
{
	char path[UNIT_PATH_MAX];

	unit_path(unit, path, sizeof(path));
	begin(path, "org.freedesktop.DBus.Properties", "Get", "ss");
	put_string(&message, interface);
	put_string(&message, name);
	return ask(head, failure);
}

static void begin(const char *path, const char *interface, const char *member, const char *signature)
{
	struct call call = { ++serial, path, interface, member, signature, NULL };

	message_begin(&message, &call);
}

/* What is asked may be asked again: a reexec cuts the connection, and the next one comes when systemd is back. */
static int ask(struct head *head, struct failure *failure)
{
	struct reply reply = { 0 };
	int error;

	message_end(&message);
	if (message.overfull)
		return fail(failure, E2BIG, "systemd", "message");
	while ((error = ask_once(&reply)) < 0) {
		stream_close(&stream);
		if (error == -ETIMEDOUT || error == -EPROTO || error == -EACCES || now_ms() >= deadline)
			return fail(failure, -error, "systemd", "/run/systemd/private");
		(void)poll(NULL, 0, PAUSE_MS);
	}
	*head = reply.head;
	return head->type == MESSAGE_RETURN ? 0 : fail(failure, EREMOTEIO, "systemd", head->error);
}

/* Nothing is asked before the greeting: systemd looks only at what comes after it. */
static int ask_once(struct reply *reply)
{
	int error = stream.fd < 0 ? stream_open(&stream) : 0;

	while (error == 0 && !stream.greeted)
		error = receive(reply);
	if (error == 0)
		error = send_message();
	while (error == 0 && !reply->arrived)
		error = receive(reply);
	return error;
}

static int receive(struct reply *reply)
{
	int error = wait_for(POLLIN);

	return error < 0 ? error : stream_receive(&stream, is_reply, reply);
}

/* Whoever is connected here is told every change of every unit; that is passed over. */
static bool is_reply(const struct head *head, void *context)
{
	struct reply *reply = context;

	if ((head->type != MESSAGE_RETURN && head->type != MESSAGE_ERROR) || head->reply_to != serial)
		return true;
	reply->head = *head;
	reply->arrived = true;
	return false;
}

static int send_message(void)
{
	size_t sent = 0;

	while (sent < message.length) {
		ssize_t part = send(stream.fd, message.bytes + sent, message.length - sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		int error = part >= 0 || errno == EINTR ? 0 : errno == EAGAIN ? wait_for(POLLOUT) : -errno;

		if (error < 0)
			return error;
		sent += part > 0 ? (size_t)part : 0;
	}
	return 0;
}

static int wait_for(short events)
{
	struct pollfd wanted = { .fd = stream.fd, .events = events };
	uint64_t now = now_ms();
	int ready = now < deadline ? poll(&wanted, 1, (int)(deadline - now)) : 0;

	if (ready == 0)
		return -ETIMEDOUT;
	return ready < 0 && errno != EINTR ? -errno : 0;
}

/* The unit's name in systemd's own spelling: what is no letter and no digit is _ and two hexadecimal digits. */
static void unit_path(const char *unit, char *path, size_t size)
{
	size_t length = (size_t)snprintf(path, size, "%s/unit/", manager_path);

	for (const char *at = unit; *at && length + 4 < size; at++) {
		bool plain = isalpha((unsigned char)*at) || (at > unit && isdigit((unsigned char)*at));

		length += (size_t)snprintf(path + length, size - length, plain ? "%c" : "_%02x", (unsigned char)*at);
	}
}

static const char *unit_interface(const char *unit)
{
	const char *type = strrchr(unit, '.');

	return type && strcmp(type, ".scope") == 0 ? "org.freedesktop.systemd1.Scope" : "org.freedesktop.systemd1.Service";
}

static void put_devices(const struct unit_entry *entry, int count)
{
	struct array list;

	begin_property("DeviceAllow", "a(ss)");
	list = array_begin(&message);
	for (int i = 0; i < count; i++) {
		put_structure(&message);
		put_string(&message, entry[i].path);
		put_string(&message, entry[i].access);
	}
	array_end(&message, list);
}
