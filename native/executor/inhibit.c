/*
 * The verbs `inhibit` and `uninhibit`: logind waits a moment before it lets the host go down, and says when it is about to.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor.h"
#include "systemd_stream.h"
#include "verbs.h"

enum { FIRST_PAUSE_MS = 50, LONGEST_PAUSE_MS = 60000, GREETING_MS = 30000, NAME_MAX_BYTES = 256 };
enum { HELLO = 1, MATCH_SHUTDOWN, MATCH_OWNER, INHIBIT };

static const char bus_name[] = "org.freedesktop.DBus";
static const char login_name[] = "org.freedesktop.login1";
static const char login_manager[] = "org.freedesktop.login1.Manager";

static void ready(struct source *source, uint32_t events);
static void ring(struct timer *timer);
static int begin(void);
static void end(void);
static int introduce(void);
static int send_message(void);
static int call_bus(uint32_t serial, const char *member, const char *rule);
static int ask_for_lock(void);
static bool take(const struct head *head, void *context);
static void take_signal(const struct head *head);
static void take_owner(const char *name);
static void take_lock(void);
static void let_go(void);

static struct stream stream = { .fd = -1 };
static struct source source = { .fd = -1, .ready = ready };
static struct timer timer = { .ring = ring };
static struct message message;
static uint64_t pause_ms;
static bool is_wanted, is_answered;
static int lock = -1;
/* Everybody may send a signal to everybody: this is who logind is. */
static char owner[NAME_MAX_BYTES];

int verb_inhibit(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	(void)failure;
	if (!systemd_runs()) {
		answer_ok(answer, "absent");
		return 0;
	}
	if (lock < 0 && !is_wanted && stream.greeted && ask_for_lock() < 0)
		end();
	is_wanted = true;
	if (source.fd < 0 && timer.at == 0 && begin() < 0)
		end();
	answer_ok(answer, "%s", lock >= 0 ? "held" : "asked");
	return 0;
}

int verb_uninhibit(const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	(void)answer;
	(void)failure;
	is_wanted = false;
	let_go();
	return 0;
}

static void ready(struct source *of, uint32_t events)
{
	bool was_greeted = stream.greeted;

	(void)of;
	(void)events;
	if (stream_receive(&stream, take, NULL) < 0 || (!was_greeted && stream.greeted && introduce() < 0)) {
		end();
		return;
	}
	if (!was_greeted && stream.greeted) {
		timer_set(&timer, 0);
		pause_ms = 0;
	}
	take_lock();
}

static void ring(struct timer *of)
{
	(void)of;
	if (source.fd >= 0 || begin() < 0)
		end();
}

static int begin(void)
{
	int error = stream_open_bus(&stream);

	if (error < 0)
		return error;
	source.fd = stream.fd;
	timer_set(&timer, now_ms() + GREETING_MS);
	return loop_add(&source, EPOLLIN);
}

/* A lock is void without the bus; again after a pause, longer and longer. */
static void end(void)
{
	let_go();
	owner[0] = '\0';
	if (source.fd >= 0)
		loop_remove(&source);
	stream_close(&stream);
	stream.greeted = false;
	source.fd = -1;
	pause_ms = pause_ms == 0 ? FIRST_PAUSE_MS : pause_ms * 2 < LONGEST_PAUSE_MS ? pause_ms * 2 : LONGEST_PAUSE_MS;
	timer_set(&timer, now_ms() + pause_ms);
}

static int introduce(void)
{
	int error = call_bus(HELLO, "Hello", NULL);

	if (error == 0)
		error = call_bus(MATCH_SHUTDOWN, "AddMatch",
				 "type='signal',sender='org.freedesktop.login1',member='PrepareForShutdown'");
	if (error == 0)
		error = call_bus(MATCH_OWNER, "AddMatch",
				 "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
				 "arg0='org.freedesktop.login1'");
	return error == 0 ? ask_for_lock() : error;
}

static int send_message(void)
{
	ssize_t sent;

	message_end(&message);
	sent = send(stream.fd, message.bytes, message.length, MSG_NOSIGNAL | MSG_DONTWAIT);
	return sent == (ssize_t)message.length ? 0 : -EPIPE;
}

static int call_bus(uint32_t serial, const char *member, const char *rule)
{
	const struct call call = { serial, "/org/freedesktop/DBus", bus_name, member, rule ? "s" : "", bus_name };

	message_begin(&message, &call);
	if (rule)
		put_string(&message, rule);
	return send_message();
}

static int ask_for_lock(void)
{
	const struct call call = { INHIBIT, "/org/freedesktop/login1", login_manager, "Inhibit", "ssss", login_name };

	message_begin(&message, &call);
	put_string(&message, "shutdown");
	put_string(&message, "hostler");
	put_string(&message, "guests halt");
	put_string(&message, "delay");
	return send_message();
}

static bool take(const struct head *head, void *context)
{
	(void)context;
	if (head->type == MESSAGE_SIGNAL)
		take_signal(head);
	else if (head->reply_to == INHIBIT) {
		is_answered = head->type == MESSAGE_RETURN;
		snprintf(owner, sizeof(owner), "%s", head->sender);
		if (!is_answered)
			emit_surely("shutdown refused");
	}
	return true;
}

static void take_signal(const struct head *head)
{
	struct reader body = head->body;

	if (strcmp(head->sender, bus_name) == 0 && strcmp(head->member, "NameOwnerChanged") == 0) {
		bool is_login = strcmp(get_string(&body), login_name) == 0;

		get_string(&body);
		if (is_login)
			take_owner(get_string(&body));
	} else if (owner[0] != '\0' && strcmp(head->sender, owner) == 0 &&
		   strcmp(head->interface, login_manager) == 0 && strcmp(head->member, "PrepareForShutdown") == 0 &&
		   strcmp(head->signature, "b") == 0)
		emit_surely("shutdown %s", get_u32(&body) ? "begins" : "withdrawn");
}

/* One that was not there before has not been asked yet. */
static void take_owner(const char *name)
{
	snprintf(owner, sizeof(owner), "%s", name);
	if (owner[0] != '\0' && lock < 0 && is_wanted)
		ask_for_lock();
}

/* The descriptor comes with the bytes of the answer, or some bytes before. */
static void take_lock(void)
{
	int passed;

	if (!is_answered)
		return;
	is_answered = false;
	passed = stream_take_descriptor(&stream);
	if (passed < 0)
		return;
	let_go();
	lock = passed;
	if (!is_wanted)
		let_go();
	else
		emit_surely("shutdown held");
}

static void let_go(void)
{
	if (lock >= 0)
		close(lock);
	lock = -1;
}
