/* The verbs `hook-socket` and `hook-answer`: what hostler-hook says, and what it waits for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "counters.h"
#include "executor.h"
#include "notices.h"
#include "sockets.h"
#include "verbs.h"

enum { WAITING_MAX = 32, MESSAGE_BYTES = 256, MESSAGES_A_TURN = 64, WAIT_SECONDS_MAX = 3600, TOKENS_A_MS = 1000 };

struct message {
	char text[MESSAGE_BYTES];
	struct sockaddr_un from;
	socklen_t from_size;
	struct ucred sender;
};

/* Whoever waits for an answer; the oldest makes room. */
static struct waiting_hook {
	unsigned long token;
	struct sockaddr_un address;
	socklen_t size;
} waiting[WAITING_MAX];
static unsigned long last_token; /* goes on above every former executor's, whose answers fit nobody here */

static void ready(struct source *source, uint32_t events);
static struct source hooks = { -1, ready };
static char marker[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof("nudge")];

static void set_marker(const char *socket_path);
static bool receive(struct message *message);
static void take(const struct message *message);

int verb_hook_socket(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *path = request->word[1];
	int on = 1, fd = socket_bind(path, SOCK_DGRAM, 0600);

	(void)answer;
	if (fd < 0)
		return fail(failure, -fd, "bind", path);
	if (hooks.fd >= 0) {
		loop_remove(&hooks);
		close(hooks.fd);
	}
	hooks.fd = fd;
	set_marker(path);
	if (last_token == 0)
		last_token = now_ms() * TOKENS_A_MS;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return fail(failure, errno, "setsockopt", path);
	return loop_add(&hooks, EPOLLIN) < 0 ? fail(failure, errno, "epoll_ctl", path) : 0;
}

static struct waiting_hook *find(unsigned long token)
{
	for (int i = 0; i < WAITING_MAX; i++)
		if (waiting[i].token == token)
			return &waiting[i];
	return NULL;
}

int verb_hook_answer(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *word = request->word[2];
	bool goes_on = strcmp(word, "wait") == 0;
	unsigned long token, seconds;
	struct waiting_hook *hook;
	char text[32];
	int length;

	(void)answer;
	if (!parse_unsigned(request->word[1], ~0UL, &token) || token == 0 ||
	    !parse_unsigned(request->word[3], WAIT_SECONDS_MAX, &seconds) ||
	    (!goes_on && strcmp(word, "go") != 0 && strcmp(word, "refuse") != 0))
		return malformed(request, failure);
	hook = find(token);
	if (!hook)
		return fail(failure, ESRCH, "hook", request->word[1]);
	length = snprintf(text, sizeof(text), goes_on ? "%s %lu" : "%s", word, seconds);
	if (!goes_on)
		hook->token = 0;
	if (sendto(hooks.fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&hook->address,
		   hook->size) < 0)
		return fail(failure, errno, "sendto", request->word[1]);
	return 0;
}

/* Beside the socket: left by a hook that found the queue full. */
static void set_marker(const char *socket_path)
{
	const char *slash = strrchr(socket_path, '/');

	snprintf(marker, sizeof(marker), "%.*s/nudge", (int)(slash - socket_path), socket_path);
}

/* The marker is looked for after the reading: whoever left it tried once more after that. */
static void ready(struct source *source, uint32_t events)
{
	struct message message;

	(void)source;
	(void)events;
	for (int i = 0; i < MESSAGES_A_TURN && receive(&message); i++)
		take(&message);
	if (unlink(marker) == 0)
		emit("hook 0 nudge %% 0 0 0");
}

/* False: nothing is there. A message without credentials, or cut short, comes back with sender pid 0. */
static bool receive(struct message *message)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { message->text, sizeof(message->text) - 1 };
	struct msghdr header = {
		.msg_name = &message->from,
		.msg_namelen = sizeof(message->from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(hooks.fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *credentials;

	if (got < 0)
		return false;
	credentials = CMSG_FIRSTHDR(&header);
	message->sender = (struct ucred){ 0, (uid_t)-1, (gid_t)-1 };
	message->text[got] = '\0';
	message->from_size = header.msg_namelen;
	if (credentials && credentials->cmsg_type == SCM_CREDENTIALS && !(header.msg_flags & MSG_TRUNC))
		memcpy(&message->sender, CMSG_DATA(credentials), sizeof(message->sender));
	return true;
}

/* A nudge's sender has often ended before it is looked at: then its uid must do, and all it gets is a look around. */
static bool is_believed(const struct message *message, bool waits)
{
	int shared;

	if (message->sender.uid != 0 || message->sender.pid <= 0)
		return false;
	shared = shares_namespace(message->sender.pid, "pid");
	return shared > 0 || (!waits && shared == -ENOENT);
}

/* `nudge GUEST` or `nudge `: every guest. */
static void take_nudge(const struct message *message, const char *guest)
{
	char word[3 * MESSAGE_BYTES];

	emit("hook 0 nudge %s %u %d 0", encode(guest, word, sizeof(word)), message->sender.uid, message->sender.pid);
}

/* `start PID GUEST`. */
static void take_start(const struct message *message, const char *text)
{
	char word[3 * MESSAGE_BYTES], *guest;
	unsigned long init = strtoul(text, &guest, 10);
	struct waiting_hook *hook = &waiting[++last_token % WAITING_MAX];

	if (*guest != ' ' || message->from_size <= offsetof(struct sockaddr_un, sun_path)) {
		count(COUNT_HOOK_REFUSED);
		return;
	}
	*hook = (struct waiting_hook){ last_token, message->from, message->from_size };
	emit("hook %lu start %s %u %d %lu", last_token, encode(guest + 1, word, sizeof(word)), message->sender.uid,
	     message->sender.pid, init);
}

static void take(const struct message *message)
{
	bool waits = strncmp(message->text, "start ", 6) == 0;

	count(COUNT_HOOK_MESSAGES);
	if (!is_believed(message, waits) || (!waits && strncmp(message->text, "nudge ", 6) != 0)) {
		count(COUNT_HOOK_REFUSED);
		return;
	}
	if (output_is_full())
		notice_lost(LOSS_UNREAD);
	else if (waits)
		take_start(message, message->text + 6);
	else
		take_nudge(message, message->text + 6);
}
