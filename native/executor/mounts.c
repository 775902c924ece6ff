#include "mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "watch.h"

/* A guest that mounts in a loop is heard once in so long. */
enum { REST_MS = 10 };

static int open_mountinfo(pid_t init);
static void changed(struct source *source, uint32_t events);
static void rested(struct timer *timer);
static void tell(struct worker *worker);
static bool asks(int fd, short events);

void mounts_watch(struct worker *worker, pid_t init)
{
	worker->mounts = (struct source){ .fd = open_mountinfo(init), .ready = changed };
	worker->mounts_told = open_mountinfo(init);
	worker->mounts_rest.ring = rested;
	/* The pid was the guest's only if its init still lives. */
	if (worker->mounts.fd < 0 || worker->mounts_told < 0 || asks(worker->init.fd, POLLIN) ||
	    loop_add(&worker->mounts, EPOLLPRI | EPOLLONESHOT) < 0)
		mounts_forget(worker);
}

void mounts_forget(struct worker *worker)
{
	timer_set(&worker->mounts_rest, 0);
	loop_remove(&worker->mounts);
	close_fd(&worker->mounts.fd);
	close_fd(&worker->mounts_told);
	worker->mounts.fd = worker->mounts_told = -1;
}

static int open_mountinfo(pid_t init)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", init);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Silent until it is asked for again: EPOLLERR, which comes along, cannot be masked. */
static void changed(struct source *source, uint32_t events)
{
	struct worker *worker = (struct worker *)((char *)source - offsetof(struct worker, mounts));

	(void)events;
	if (worker->mounts_rest.at == 0)
		tell(worker);
}

/*
 * Until one rest was calm. A look at a mountinfo uses its change up, and so does asking the loop again: what changed before
 * that is known by the other.
 */
static void rested(struct timer *timer)
{
	struct worker *worker = (struct worker *)((char *)timer - offsetof(struct worker, mounts_rest));

	if (asks(worker->mounts_told, POLLPRI) || loop_change(&worker->mounts, EPOLLPRI | EPOLLONESHOT) < 0 ||
	    asks(worker->mounts_told, POLLPRI))
		tell(worker);
}

static void tell(struct worker *worker)
{
	(void)asks(worker->mounts_told, POLLPRI);
	watch_mounts_changed(worker->name);
	timer_set(&worker->mounts_rest, now_ms() + REST_MS);
}

static bool asks(int fd, short events)
{
	struct pollfd file = { .fd = fd, .events = events };

	return poll(&file, 1, 0) != 0;
}
