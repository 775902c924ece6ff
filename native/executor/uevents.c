/* The verb `uevents`: what the two sockets hear becomes lines for the agent. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../node-udev/monitor.h"
#include "../node-udev/udevd.h"
#include "changes.h"
#include "counters.h"
#include "executor.h"
#include "notices.h"
#include "presence.h"
#include "verbs.h"

enum { SUBSYSTEMS_MAX = 64, SUBSYSTEM_BYTES = 64, BATCHES_A_TURN = 8 };

static void read_socket(struct source *source, uint32_t events);
static struct socket {
	struct source source; /* first: the callback gets the socket back from it */
	enum uevent_group group;
} sockets[] = {
	{ { -1, read_socket }, UEVENT_KERNEL },
	{ { -1, read_socket }, UEVENT_UDEV },
};

static char wanted[SUBSYSTEMS_MAX][SUBSYSTEM_BYTES];
static int wanted_count;
static uint64_t last_seqnum; /* 0: no number is expected next */
static uint64_t told;        /* numbers that went to guests through us, and that nobody here hears */

static bool set_filter(const struct request *request);
static int open_sockets(unsigned long bytes, struct failure *failure);

int verb_uevents(const struct request *request, struct answer *answer, struct failure *failure)
{
	unsigned long bytes;

	if (!parse_unsigned(request->word[1], INT_MAX / 2, &bytes) || !set_filter(request))
		return malformed(request, failure);
	if (sockets[0].source.fd < 0 && open_sockets(bytes, failure) < 0)
		return -1;
	presence_look();
	answer_ok(answer, "%d kernel,udev", uevents_buffer_bytes());
	return 0;
}

int uevents_buffer_bytes(void)
{
	return sockets[0].source.fd < 0 ? 0 : monitor_buffer_bytes(sockets[0].source.fd);
}

/* Of a number that may have been missed already nothing is counted: it would hide the next one that is. */
bool uevents_on_row(const char *guest, int words, char **word)
{
	unsigned long before;

	(void)guest;
	if (words == 1 && last_seqnum && parse_unsigned(word[0], ULONG_MAX, &before) && before >= last_seqnum)
		told++;
	return true;
}

static bool set_filter(const struct request *request)
{
	int count = request->words - 2;

	if (count > SUBSYSTEMS_MAX)
		return false;
	for (int i = 0; i < count; i++)
		if (strlen(request->word[2 + i]) >= SUBSYSTEM_BYTES)
			return false;
	for (int i = 0; i < count; i++)
		strcpy(wanted[i], request->word[2 + i]);
	wanted_count = count;
	return true;
}

static void close_sockets(void)
{
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++) {
		if (sockets[i].source.fd < 0)
			continue;
		loop_remove(&sockets[i].source);
		close(sockets[i].source.fd);
		sockets[i].source.fd = -1;
	}
}

static int open_sockets(unsigned long bytes, struct failure *failure)
{
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++) {
		int fd = monitor_open(sockets[i].group, (int)bytes), error;

		if (fd < 0) {
			close_sockets();
			return fail(failure, -fd, "socket", "NETLINK_KOBJECT_UEVENT");
		}
		sockets[i].source.fd = fd;
		error = loop_add(&sockets[i].source, EPOLLIN);
		if (error < 0) {
			close_sockets();
			return fail(failure, -error, "epoll_ctl", "NETLINK_KOBJECT_UEVENT");
		}
	}
	return 0;
}

static bool is_wanted(const char *subsystem)
{
	for (int i = 0; i < wanted_count; i++)
		if (strcmp(wanted[i], subsystem) == 0)
			return true;
	return wanted_count == 0;
}

/* Concurrent senders may swap neighbours: an older number than the last is not a second gap. */
static void follow_seqnum(uint64_t seqnum)
{
	uint64_t missing = last_seqnum && seqnum > last_seqnum ? seqnum - last_seqnum - 1 : 0;

	if (missing > told) {
		count(COUNT_UEVENTS_GAPS);
		notice_lost(LOSS_GAP);
	}
	told = missing > told ? 0 : told - missing;
	if (seqnum > last_seqnum)
		last_seqnum = seqnum;
}

/* A worker that ended before it was looked at leaves doubt: it may have been udevd's. */
static bool is_from_udevd(const struct uevent_datagram *datagram)
{
	if (udevd_is(datagram->pid)) {
		presence_heard();
		return true;
	}
	notice_refused(UEVENT_UNVERIFIED, datagram->pid);
	notice_lost(LOSS_UNVERIFIED);
	return false;
}

static void received(const struct uevent_datagram *datagram, bool cut)
{
	enum uevent_verdict verdict = cut ? uevent_judge_sender(datagram) : UEVENT_ACCEPTED;
	struct uevent uevent;

	count(datagram->socket == UEVENT_KERNEL ? COUNT_UEVENTS_KERNEL : COUNT_UEVENTS_UDEV);
	if (!cut)
		verdict = uevent_parse(datagram, &uevent);
	if (verdict != UEVENT_ACCEPTED) {
		notice_refused(verdict, datagram->pid);
		return;
	}
	if (cut) {
		notice_lost(LOSS_TRUNCATED);
		return;
	}
	if (datagram->socket == UEVENT_KERNEL)
		follow_seqnum(uevent.seqnum);
	if (!is_wanted(uevent.subsystem)) {
		count(COUNT_UEVENTS_FILTERED);
		return;
	}
	if (datagram->socket == UEVENT_KERNEL || is_from_udevd(datagram))
		changes_take(&uevent);
}

/* The kernel says once that it dropped something, however much that was; what follows has an unknown number. */
static void overflowed(const struct socket *socket)
{
	if (socket->group == UEVENT_KERNEL)
		last_seqnum = told = 0;
	count(COUNT_UEVENTS_OVERFLOWS);
	notice_lost(LOSS_OVERFLOW);
}

/* Bounded a turn, so that a storm cannot keep the loop from its other sources. */
static void read_socket(struct source *source, uint32_t events)
{
	struct socket *socket = (struct socket *)source;

	(void)events;
	for (int batch = 0; batch < BATCHES_A_TURN; batch++) {
		enum monitor_read read = monitor_read(source->fd, socket->group, received);

		if (read == MONITOR_LOST)
			overflowed(socket);
		if (read == MONITOR_EMPTY)
			break;
		if (read == MONITOR_BROKEN) {
			notice_lost(LOSS_OVERFLOW);
			break;
		}
	}
	changes_flush();
}
