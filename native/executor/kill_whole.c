#include "kill_whole.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cgroups.h"

enum { STILL_MS = 100, ROUND_MS = 100, FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 16 };

/* How a whole cgroup is held still, so that nobody in it is born while the others are killed. */
struct stillness {
	const char *file, *still, *moving, *shown_in, *shown;
};
static const struct stillness v1 = { "freezer.state", "FROZEN", "THAWED", "freezer.state", "FROZEN" };
static const struct stillness v2 = { "cgroup.freeze", "1", "0", "cgroup.events", "frozen 1" };

static void kill_once(const struct whole *whole);
static void hold_still(const struct whole *whole, const struct stillness *how);
static bool kill_one(pid_t pid, void *context);
static int wait_until_empty(const struct whole *whole, uint64_t until);
static int count_left(const struct whole *whole);
static bool count_one(pid_t pid, void *context);
static bool thaw_one(pid_t pid, void *context);
static void pause_ms(unsigned int ms);

/* Who was frozen in a cgroup of his own is let go to his end: a v1 freezer holds also who was killed. */
int whole_kill(const struct whole *whole, unsigned int ms)
{
	const struct hierarchy *freezer = hierarchy_of("freezer");
	uint64_t until = now_ms() + ms;
	int left = 0;

	do {
		uint64_t round = now_ms() + ROUND_MS;

		kill_once(whole);
		if (freezer && freezer->is_v1 && count_left(whole) > 0)
			(void)whole_scan(whole, thaw_one, (void *)whole);
		left = wait_until_empty(whole, round < until ? round : until);
	} while (left > 0 && now_ms() < until);
	return left;
}

static void kill_once(const struct whole *whole)
{
	const struct stillness *how = hierarchy_of(whole->controller)->is_v1 ? &v1 : &v2;

	if (cgroup_write(whole->folder, "cgroup.kill", "1") == 0)
		return;
	hold_still(whole, how);
	(void)whole_scan(whole, kill_one, (void *)whole);
	(void)cgroup_write(whole->folder, how->file, how->moving);
}

/* Who waits for the kernel itself cannot be held still: then the others are killed without him. */
static void hold_still(const struct whole *whole, const struct stillness *how)
{
	uint64_t until = now_ms() + STILL_MS;
	char text[256] = "";

	if (cgroup_write(whole->folder, how->file, how->still) < 0)
		return;
	while (cgroup_read(whole->folder, how->shown_in, text, sizeof(text)) >= 0 && !strstr(text, how->shown) &&
	       now_ms() < until)
		pause_ms(FIRST_PAUSE_MS);
}

static bool kill_one(pid_t pid, void *context)
{
	autofd int process = whole_open_process(context, pid);

	if (process >= 0)
		(void)syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
	return true;
}

static int wait_until_empty(const struct whole *whole, uint64_t until)
{
	unsigned int ms = FIRST_PAUSE_MS;
	int left;

	while ((left = count_left(whole)) > 0 && now_ms() < until) {
		pause_ms(ms);
		ms = ms < LONGEST_PAUSE_MS ? 2 * ms : LONGEST_PAUSE_MS;
	}
	return left;
}

static int count_left(const struct whole *whole)
{
	int left = 0;

	(void)whole_scan(whole, count_one, &left);
	return left;
}

static bool count_one(pid_t pid, void *context)
{
	(void)pid;
	++*(int *)context;
	return true;
}

/* Every cgroup from where it is up to the guest's: each may hold it. */
static bool thaw_one(pid_t pid, void *context)
{
	const struct whole *whole = context;
	char path[PATH_MAX], *end;

	if (process_cgroup_of("freezer", pid, path, sizeof(path)) < 0 || strstr(path, "/.."))
		return true;
	while (is_below(path, whole->path) && (end = strrchr(path, '/'))) {
		autofd int folder = cgroup_open_in(hierarchy_of("freezer"), path);

		if (folder >= 0)
			(void)cgroup_write(folder, v1.file, v1.moving);
		end[end == path] = '\0';
	}
	return true;
}

static void pause_ms(unsigned int ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000L };

	(void)nanosleep(&pause, NULL);
}
