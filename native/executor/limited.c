#include "limited.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroups.h"
#include "claims.h"

static int is_gone(const struct guest *guest, struct failure *failure);

bool limited_read(const struct request *request, struct guest *guest)
{
	unsigned long pid, start_time;

	if (!parse_unsigned(request->word[1], 1 << 22, &pid) || pid == 0 ||
	    !parse_unsigned(request->word[2], ~0UL, &start_time) || strlen(request->word[3]) >= sizeof(guest->cgroup))
		return false;
	guest->pid = (pid_t)pid;
	guest->start_time = start_time;
	guest->pidfd = guest->root = -1;
	strcpy(guest->cgroup, request->word[3]);
	return true;
}

int limited_claim(const struct guest *guest, struct failure *failure)
{
	return claim_take(claim_place(guest->cgroup), failure);
}

int limited_open(struct guest *guest, struct failure *failure)
{
	if (limited_open_quickly(guest, failure) < 0)
		return -1;
	return guest_identify(guest) ? limited_check(guest, failure) : is_gone(guest, failure);
}

int limited_open_quickly(struct guest *guest, struct failure *failure)
{
	unsigned long long start_time;

	guest->pidfd = (int)syscall(SYS_pidfd_open, guest->pid, 0);
	if (guest->pidfd < 0 || !is_container_init(guest->pid) || process_start_time(guest->pid, &start_time) < 0 ||
	    start_time != guest->start_time)
		return is_gone(guest, failure);
	return limited_check(guest, failure);
}

int limited_check(const struct guest *guest, struct failure *failure)
{
	return guest_has_ended(guest) ? is_gone(guest, failure) : 0;
}

/* Opened first: what the process is in afterwards is not another one of that name. */
int limited_cgroup(const struct guest *guest, const char *controller)
{
	int cgroup = cgroup_open_in(hierarchy_of(controller), guest->cgroup);
	char own[PATH_MAX];

	if (process_cgroup_of(controller, guest->pid, own, sizeof(own)) == 0 && is_guests_cgroup(guest->cgroup, own))
		return cgroup;
	close_fd(&cgroup);
	return -EPERM;
}

int limited_open_cgroup(struct guest *guest, const char *controller, const char *file, struct failure *failure)
{
	int cgroup = -1;

	if (limited_claim(guest, failure) == 0 && limited_open_quickly(guest, failure) == 0) {
		cgroup = limited_cgroup(guest, controller);
		if (cgroup < 0)
			fail(failure, -cgroup, "cgroup", file);
		else if (limited_check(guest, failure) == 0)
			return cgroup;
		close_fd(&cgroup);
	}
	close_fd(&guest->pidfd);
	return -1;
}

static int is_gone(const struct guest *guest, struct failure *failure)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "%d", guest->pid);
	return fail(failure, ESRCH, "guest", subject);
}
