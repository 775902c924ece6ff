#include "lease.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "answer.h"
#include "cgroups.h"
#include "hash.h"
#include "limited.h"
#include "output.h"
#include "quota_ratio.h"

enum { LEASES_MAX = 4096, BUCKETS = 1024 };

struct lease {
	struct source init; /* a pidfd: readable when the guest has ended */
	struct lease *next;
	unsigned long long start_time;
	pid_t pid;
	int cgroup;
	struct lease_word word; /* the last of it */
	char name[];
};
/* A request that the keeper has not answered yet. */
struct asked {
	bool is_silent; /* nobody waits for the answer */
	unsigned long plan, step;
	struct asked *next;
	char file[QUOTA_VALUE_BYTES];
};

static struct lease *leases[BUCKETS];
static int count;
static unsigned int last_id;
static struct source keeper = { -1, NULL };
static struct asked *first, **last = &first;

static struct lease *find(const struct guest *guest, const char *file);
static struct lease *open_lease(struct guest *guest, const char *controller, const struct lease_word *word,
				struct failure *failure);
static int ask(struct lease *lease, bool is_new, const struct request *request);
static int send_word(const struct lease *lease, bool is_new);
static int start_keeper(void);
static void keeper_ready(struct source *source, uint32_t events);
static void answer_first(int error, const char *call);
static void keeper_ended(void);
static void forget(struct lease *lease);
static void ended(struct source *source, uint32_t events);

bool lease_is_held(const struct guest *guest, const char *file)
{
	return find(guest, file);
}

int lease_for(const struct request *request, struct guest *guest, const char *controller,
	      struct lease_word *word, struct failure *failure)
{
	struct lease *lease = find(guest, word->file);
	bool is_new = !lease;
	int error;

	if (is_new)
		lease = open_lease(guest, controller, word, failure);
	if (!lease)
		return -1;
	word->id = lease->word.id;
	lease->word = *word;
	error = keeper.fd < 0 ? start_keeper() : 0;
	if (error == 0)
		error = ask(lease, is_new, request);
	if (error < 0 || word->ms == 0)
		forget(lease);
	return error < 0 ? fail(failure, -error, "lease", word->file) : ANSWERED_LATER;
}

/* Of this very process, and only while it lives. */
static struct lease *find(const struct guest *guest, const char *file)
{
	struct lease *lease = leases[hash_text(guest->cgroup) % BUCKETS];
	struct pollfd init = { .events = POLLIN };

	while (lease && (strcmp(lease->word.file, file) != 0 || strcmp(lease->name, guest->cgroup) != 0))
		lease = lease->next;
	if (!lease)
		return NULL;
	init.fd = lease->init.fd;
	if (lease->pid == guest->pid && lease->start_time == guest->start_time && poll(&init, 1, 0) == 0)
		return lease;
	ended(&lease->init, 0);
	return NULL;
}

static struct lease *open_lease(struct guest *guest, const char *controller, const struct lease_word *word,
				struct failure *failure)
{
	struct lease **bucket = &leases[hash_text(guest->cgroup) % BUCKETS], *lease;
	int cgroup = -1;

	lease = count < LEASES_MAX ? calloc(1, sizeof(*lease) + strlen(guest->cgroup) + 1) : NULL;
	if (!lease) {
		fail(failure, ENOSPC, "leases", guest->cgroup);
		return NULL;
	}
	cgroup = limited_open_cgroup(guest, controller, word->file, failure);
	if (cgroup < 0) {
		free(lease);
		return NULL;
	}
	*lease = (struct lease){ { guest->pidfd, ended }, *bucket, guest->start_time, guest->pid, cgroup, *word };
	lease->word.id = ++last_id;
	strcpy(lease->name, guest->cgroup);
	*bucket = lease;
	count++;
	if (loop_add(&lease->init, EPOLLIN) == 0)
		return lease;
	fail(failure, ENOMEM, "lease", word->file);
	forget(lease);
	return NULL;
}

static int ask(struct lease *lease, bool is_new, const struct request *request)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	int error = asked ? send_word(lease, is_new) : -ENOMEM;

	if (error < 0) {
		free(asked);
		return error;
	}
	asked->is_silent = !request;
	asked->plan = request ? request->plan : 0;
	asked->step = request ? request->step : 0;
	strcpy(asked->file, lease->word.file);
	*last = asked;
	last = &asked->next;
	return 0;
}

static int send_word(const struct lease *lease, bool is_new)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct lease_word word = lease->word;
	struct iovec bytes = { &word, sizeof(word) };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (is_new) {
		memcpy(CMSG_DATA(&control.header), &lease->cgroup, sizeof(lease->cgroup));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	return sendmsg(keeper.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(word) ? 0 : -errno;
}

static int start_keeper(void)
{
	int ends[2], error;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		lease_keep(ends[1]);
	close(ends[1]);
	keeper = (struct source){ ends[0], keeper_ready };
	error = child < 0 ? -errno : loop_add(&keeper, EPOLLIN);
	if (error < 0) {
		close(keeper.fd);
		keeper.fd = -1;
	}
	return error;
}

static void keeper_ready(struct source *source, uint32_t events)
{
	struct lease_said said;
	ssize_t got = recv(source->fd, &said, sizeof(said), MSG_DONTWAIT);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got == sizeof(said) && first)
		answer_first(said.error, "limit");
	else
		keeper_ended();
}

static void answer_first(int error, const char *call)
{
	struct asked *asked = first;
	struct answer answer = { .plan = asked->plan, .step = asked->step, .write = output_write };
	struct failure failure;

	first = asked->next;
	if (!first)
		last = &first;
	if (!asked->is_silent)
		answer_end(&answer, error < 0 ? fail(&failure, -error, call, asked->file) : 0, &failure);
	free(asked);
}

/* It was killed: what it would have given back is given back by us. */
static void keeper_ended(void)
{
	loop_remove(&keeper);
	close(keeper.fd);
	keeper.fd = -1;
	while (first)
		answer_first(-EPIPE, "worker");
	for (int i = 0; i < BUCKETS; i++)
		while (leases[i]) {
			const struct lease_word *word = &leases[i]->word;

			(void)quota_lower(leases[i]->cgroup, word->file, word->afterwards);
			forget(leases[i]);
		}
}

static void forget(struct lease *lease)
{
	struct lease **place = &leases[hash_text(lease->name) % BUCKETS];

	while (*place != lease)
		place = &(*place)->next;
	*place = lease->next;
	count--;
	loop_remove(&lease->init);
	close(lease->init.fd);
	close(lease->cgroup);
	free(lease);
}

/* Its init has ended: others may be in its cgroup. */
static void ended(struct source *source, uint32_t events)
{
	struct lease *lease = (struct lease *)source;

	(void)events;
	lease->word.ms = 0;
	if (keeper.fd >= 0)
		(void)ask(lease, false, NULL);
	forget(lease);
}
