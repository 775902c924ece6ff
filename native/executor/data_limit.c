#include "data_limit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hierarchies.h"
#include "limited.h"

bool data_limit_read(const char *word, rlim_t *bytes)
{
	unsigned long number = RLIM_INFINITY;

	if (strcmp(word, "max") != 0 && !parse_unsigned(word, RLIM_INFINITY - 1, &number))
		return false;
	*bytes = number;
	return true;
}

int data_limit_open(struct guest *guest, struct failure *failure)
{
	int cgroup;

	if (limited_open(guest, failure) < 0)
		return -1;
	cgroup = limited_cgroup(guest, "devices");
	return cgroup < 0 ? fail(failure, -cgroup, "cgroup", guest->cgroup) : 0;
}

int data_limit_scan(const struct guest *guest, process_fn *each, void *context, int *count, struct failure *failure)
{
	int error = processes_below(guest->cgroup, each, context);

	if (error == -E2BIG) {
		*count = 0;
		error = processes_everywhere_below(guest->cgroup, each, context);
	}
	return error < 0 ? fail(failure, -error, "cgroup", guest->cgroup) : 0;
}

/* The number may be another process's since it was read: that one lived when its cgroup was looked at, just before. */
int data_limit_change(const struct guest *guest, pid_t pid, const struct rlimit *wanted)
{
	autofd int process = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = { .fd = process, .events = POLLIN };
	char cgroup[PATH_MAX];

	if (process < 0)
		return errno == EINVAL ? -ESRCH : -errno;
	if (process_cgroup(pid, cgroup, sizeof(cgroup)) < 0 || !is_below(cgroup, guest->cgroup) || poll(&ended, 1, 0) != 0)
		return -ESRCH;
	return prlimit(pid, RLIMIT_DATA, wanted, NULL) < 0 ? -errno : 0;
}
