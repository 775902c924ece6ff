/*
 * The verb `grant-cpu`: the kernel fills a quota of CPU time whenever it is written, also with what it is. Many are granted in
 * a second, so what is written is kept open: the kernel itself refuses a file whose cgroup is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hash.h"
#include "limit_words.h"
#include "limited.h"
#include "verbs.h"

enum { KEPT_MAX = 4096, BUCKETS = 1024 };

struct kept {
	struct source init; /* a pidfd: readable when the guest has ended */
	struct kept *next;
	uint64_t used;
	pid_t pid;
	unsigned long long start_time;
	int file;
	bool is_quota;  /* cpu.cfs_quota_us, else cpu.max */
	char afterwards[QUOTA_VALUE_BYTES]; /* written when nobody asks any more; empty: nothing */
	char cgroup[];
};

static struct kept *buckets[BUCKETS];
static int count;
static uint64_t uses;
static pid_t owner; /* not of its children */

static struct kept *find(const struct guest *guest, bool is_quota);
static struct kept *open_kept(struct guest *guest, const char *file, struct failure *failure);
static struct kept *keep(const struct guest *guest, int fd, bool is_quota);
static struct kept **bucket_of(const char *cgroup);
static void forget_oldest(void);
static void forget(struct kept *kept);
static void ended(struct source *source, uint32_t events);
static void leave(void);

int verb_grant_cpu(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct guest guest;
	char *value = request->word[4];
	const char *file = strsep(&value, "=");
	bool is_quota = strcmp(file, "cpu.cfs_quota_us") == 0;
	const char *afterwards = request->words > 5 ? request->word[5] : "";
	struct kept *kept;
	ssize_t written;

	(void)answer;
	if (!value || !is_quota_value(file, value) || (*afterwards && !is_quota_value(file, afterwards)) ||
	    !limited_read(request, &guest))
		return malformed(request, failure);
	kept = find(&guest, is_quota);
	written = kept ? pwrite(kept->file, value, strlen(value), 0) : -1;
	if (kept && written < 0 && errno == ENODEV) {
		forget(kept);
		kept = NULL;
	}
	if (!kept) {
		kept = open_kept(&guest, file, failure);
		if (!kept)
			return -1;
		written = pwrite(kept->file, value, strlen(value), 0);
	}
	if (written < 0)
		return fail(failure, errno, "limit", file);
	strcpy(kept->afterwards, afterwards);
	return 0;
}

/* Of this very process, and only while it lives. */
static struct kept *find(const struct guest *guest, bool is_quota)
{
	struct kept *kept = *bucket_of(guest->cgroup);
	struct pollfd init = { .events = POLLIN };

	while (kept && (kept->is_quota != is_quota || strcmp(kept->cgroup, guest->cgroup) != 0))
		kept = kept->next;
	if (!kept)
		return NULL;
	init.fd = kept->init.fd;
	if (kept->pid != guest->pid || kept->start_time != guest->start_time || poll(&init, 1, 0) != 0) {
		forget(kept);
		return NULL;
	}
	kept->used = ++uses;
	return kept;
}

static struct kept *open_kept(struct guest *guest, const char *file, struct failure *failure)
{
	autofd int cgroup = limited_open_cgroup(guest, "cpu", file, failure);
	struct kept *kept = NULL;
	int fd;

	if (cgroup < 0)
		return NULL;
	fd = openat(cgroup, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !(kept = keep(guest, fd, strcmp(file, "cpu.max") != 0))) {
		fail(failure, fd < 0 ? errno : ENOMEM, "limit", file);
		close_fd(&fd);
		close_fd(&guest->pidfd);
	}
	return kept;
}

static struct kept *keep(const struct guest *guest, int fd, bool is_quota)
{
	struct kept **bucket = bucket_of(guest->cgroup), *kept;

	if (count >= KEPT_MAX)
		forget_oldest();
	kept = malloc(sizeof(*kept) + strlen(guest->cgroup) + 1);
	if (!kept)
		return NULL;
	if (!owner && atexit(leave) == 0)
		owner = getpid();
	*kept = (struct kept){ { guest->pidfd, ended }, *bucket,   ++uses, guest->pid, guest->start_time,
			       fd,		       is_quota, "" };
	if (loop_add(&kept->init, EPOLLIN) < 0) {
		free(kept);
		return NULL;
	}
	strcpy(kept->cgroup, guest->cgroup);
	*bucket = kept;
	count++;
	return kept;
}

static struct kept **bucket_of(const char *cgroup)
{
	return &buckets[hash_text(cgroup) % BUCKETS];
}

static void forget_oldest(void)
{
	struct kept *oldest = NULL;

	for (int i = 0; i < BUCKETS; i++)
		for (struct kept *kept = buckets[i]; kept; kept = kept->next)
			if (!oldest || kept->used < oldest->used)
				oldest = kept;
	if (oldest)
		forget(oldest);
}

static void forget(struct kept *kept)
{
	struct kept **place = bucket_of(kept->cgroup);

	if (*kept->afterwards)
		(void)!pwrite(kept->file, kept->afterwards, strlen(kept->afterwards), 0);
	while (*place != kept)
		place = &(*place)->next;
	*place = kept->next;
	count--;
	loop_remove(&kept->init);
	close(kept->init.fd);
	close(kept->file);
	free(kept);
}

/* Nobody may ever ask for it again. */
static void ended(struct source *source, uint32_t events)
{
	(void)events;
	forget((struct kept *)source);
}

/* The agent has ended: whoever was to stand still goes on at its rate. */
static void leave(void)
{
	if (getpid() != owner)
		return;
	for (int i = 0; i < BUCKETS; i++)
		while (buckets[i])
			forget(buckets[i]);
}
