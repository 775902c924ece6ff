#include "lease_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroups.h"
#include "quota_ratio.h"

enum { SOCKET = 3, AGAIN_MS = 100, LAST_TRIES = 30 };

struct kept {
	struct kept *next;
	uint64_t until; /* 0: what is written is what it is to be afterwards */
	int cgroup;
	struct lease_word word;
};

static struct kept *all;

static bool are_all_back(void);
static void be_alone(int socket);
static int wait_ms(void);
static bool hear(void);
static ssize_t receive(struct lease_word *word, int *cgroup);
static int obey(const struct lease_word *word, int cgroup);
static struct kept *find(unsigned int id);
static struct kept *keep(const struct lease_word *word, int cgroup);
static int raise_quota(struct kept *kept, const struct lease_word *word);
static int give_back(struct kept *kept);
static void forget(struct kept *kept);

/* Who it hears from has ended, or been killed: that is the end of every lease. */
void lease_keep(int socket)
{
	be_alone(socket);
	for (;;) {
		struct pollfd said = { .fd = SOCKET, .events = POLLIN };

		if (poll(&said, 1, wait_ms()) > 0 && !hear())
			break;
		for (struct kept *kept = all; kept; kept = kept->next)
			if (kept->until != 0 && kept->until <= now_ms())
				(void)give_back(kept);
	}
	for (int tries = 0; tries < LAST_TRIES && !are_all_back(); tries++)
		(void)poll(NULL, 0, AGAIN_MS);
	_exit(0);
}

static bool are_all_back(void)
{
	bool are_all = true;

	for (struct kept *kept = all; kept; kept = kept->next) {
		(void)give_back(kept);
		are_all = are_all && kept->until == 0;
	}
	return are_all;
}

/* Nothing of the executor's is held open by it, and what ends others at once does not end it. */
static void be_alone(int socket)
{
	sigset_t signals;

	if (sigfillset(&signals) < 0 || sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || setsid() < 0 ||
	    (socket != SOCKET && dup3(socket, SOCKET, O_CLOEXEC) < 0) || close_range(SOCKET + 1, ~0U, 0) < 0)
		_exit(1);
	for (int standard = 0; standard < SOCKET; standard++)
		close(standard);
	(void)open("/dev/null", O_RDWR);
	(void)dup2(0, 1);
	(void)dup2(0, 2);
	(void)prctl(PR_SET_NAME, "hostler-lease");
}

/* -1 where nothing is leased: it never wakes then. */
static int wait_ms(void)
{
	uint64_t first = UINT64_MAX, now = now_ms();

	for (const struct kept *kept = all; kept; kept = kept->next)
		if (kept->until != 0 && kept->until < first)
			first = kept->until;
	return first == UINT64_MAX ? -1 : first <= now ? 0 : (int)(first - now);
}

static bool hear(void)
{
	struct lease_word word;
	int cgroup = -1;
	ssize_t got = receive(&word, &cgroup);
	struct lease_said said;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got != sizeof(word)) {
		close_fd(&cgroup);
		return false;
	}
	said.error = obey(&word, cgroup);
	(void)send(SOCKET, &said, sizeof(said), MSG_NOSIGNAL | MSG_DONTWAIT);
	return true;
}

static ssize_t receive(struct lease_word *word, int *cgroup)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec bytes = { word, sizeof(*word) };
	struct msghdr message = {
		.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	ssize_t got = recvmsg(SOCKET, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *passed = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;

	if (passed && passed->cmsg_type == SCM_RIGHTS)
		memcpy(cgroup, CMSG_DATA(passed), sizeof(*cgroup));
	return got;
}

static int obey(const struct lease_word *word, int cgroup)
{
	struct kept *kept = find(word->id);
	int error;

	if (!kept)
		kept = cgroup < 0 ? NULL : keep(word, cgroup);
	else
		close_fd(&cgroup);
	if (!kept)
		return -ENOMEM;
	memcpy(kept->word.afterwards, word->afterwards, sizeof(word->afterwards));
	error = word->ms == 0 ? give_back(kept) : raise_quota(kept, word);
	if (kept->until == 0 && word->ms == 0)
		forget(kept);
	return error;
}

static struct kept *find(unsigned int id)
{
	struct kept *kept = all;

	while (kept && kept->word.id != id)
		kept = kept->next;
	return kept;
}

static struct kept *keep(const struct lease_word *word, int cgroup)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept) {
		close(cgroup);
		return NULL;
	}
	*kept = (struct kept){ .next = all, .cgroup = cgroup, .word = *word };
	all = kept;
	return kept;
}

/* Each write may fill a quota up: one that goes on is none. */
static int raise_quota(struct kept *kept, const struct lease_word *word)
{
	bool is_written = kept->until != 0 && strcmp(kept->word.value, word->value) == 0;
	int error = is_written ? 0 : quota_raise(kept->cgroup, word->file, word->value);

	if (error < 0)
		return error;
	memcpy(kept->word.value, word->value, sizeof(word->value));
	kept->until = now_ms() + word->ms;
	return 0;
}

/* Where that fails it is tried again: until then the guest has what it was lent. */
static int give_back(struct kept *kept)
{
	int error = kept->until == 0 ? 0 : quota_lower(kept->cgroup, kept->word.file, kept->word.afterwards);

	kept->until = error == 0 || error == -ENODEV || error == -ENOENT ? 0 : now_ms() + AGAIN_MS;
	return error;
}

static void forget(struct kept *kept)
{
	struct kept **place = &all;

	while (*place != kept)
		place = &(*place)->next;
	*place = kept->next;
	close(kept->cgroup);
	free(kept);
}
