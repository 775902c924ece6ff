/* The verb `kernel-log`: whom the kernel killed for want of memory, as it says in its own log. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kernel_log.h"
#include "oom_log.h"
#include "verbs.h"

enum { RECORD_BYTES = 8192, RECORDS_A_TURN = 64 };

static void ready(struct source *source, uint32_t events);
static struct source kmsg = { -1, ready };

static void take(void);
static void say(const struct oom_kill *kill);

int verb_kernel_log(const struct request *request, struct answer *answer, struct failure *failure)
{
	static const char path[] = "/dev/kmsg";
	int fd;

	(void)request;
	(void)answer;
	if (kmsg.fd >= 0)
		return 0;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(failure, errno, "open", path);
	kmsg.fd = fd;
	if (lseek(fd, 0, SEEK_END) >= 0 && loop_add(&kmsg, EPOLLIN) == 0)
		return 0;
	fail(failure, errno, "open", path);
	close(fd);
	kmsg.fd = -1;
	return -1;
}

void kernel_log_take(void)
{
	if (kmsg.fd >= 0)
		take();
}

static void ready(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	take();
}

/* One record a read. Those that were overwritten before they were read (EPIPE) are passed over. */
static void take(void)
{
	static char record[RECORD_BYTES];
	static struct oom_log log;
	static struct oom_kill kill;

	for (int i = 0; i < RECORDS_A_TURN; i++) {
		ssize_t got = read(kmsg.fd, record, sizeof(record));

		if (got < 0 && errno != EPIPE && errno != EINVAL)
			return;
		if (got > 0 && oom_log_take(&log, record, (size_t)got, &kill))
			say(&kill);
	}
}

static void say(const struct oom_kill *kill)
{
	static char comm[3 * OOM_COMM_BYTES + 2], cgroup[3 * PATH_MAX], memcg[3 * PATH_MAX];

	emit("oom-kill %d %s %s %s", kill->pid, encode(kill->comm, comm, sizeof(comm)),
	     encode(kill->cgroup, cgroup, sizeof(cgroup)), encode(kill->memcg, memcg, sizeof(memcg)));
}
