/* The verb `halt`: asks a guest's init to end the guest, in the way that this init understands. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limited.h"
#include "paths.h"
#include "publish.h"
#include "task.h"
#include "verbs.h"
#include "whole.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, WAY = 4, WORD = 5 };

/* What init reads from its fifo, as sysvinit's initreq.h has it. */
struct init_request {
	int magic, command, runlevel, seconds;
	char data[368];
};
enum { INIT_MAGIC = 0x03091969, CHANGE_RUNLEVEL = 1, SECONDS_TO_END = 3 };
_Static_assert(sizeof(struct init_request) == 384, "init reads this many bytes at once");

static const struct way {
	const char *name;
	int words;
	bool (*reads)(const char *word);
	int (*performs)(struct failure *failure);
} *way;
static struct guest guest;
static unsigned long number; /* the signal, or the runlevel */

static const struct way *read_way(const struct request *request);
static bool is_signal(const char *word);
static bool is_runlevel(const char *word);
static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static int send_signal(struct failure *failure);
static int write_initctl(struct failure *failure);
static int open_fifo(const char *path);
static int ask_runit(struct failure *failure);
static int say_mode(const char *path, mode_t mode, bool makes, struct failure *failure);

int verb_halt(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "halt", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	way = read_way(request);
	if (!way || !limited_read(request, &guest))
		return malformed(request, failure);
	if (limited_claim(&guest, failure) < 0)
		return -1;
	return task_begin(&kind, guest.cgroup, request, failure);
}

static const struct way *read_way(const struct request *request)
{
	static const struct way ways[] = {
		{ "signal", 6, is_signal, send_signal },
		{ "initctl", 6, is_runlevel, write_initctl },
		{ "runit", 5, NULL, ask_runit },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(request->word[WAY], ways[i].name) == 0 && request->words == ways[i].words &&
		    (!ways[i].reads || ways[i].reads(request->word[WORD])))
			return &ways[i];
	return NULL;
}

static bool is_signal(const char *word)
{
	return parse_unsigned(word, 64, &number) && number > 0;
}

static bool is_runlevel(const char *word)
{
	return parse_unsigned(word, 6, &number);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct whole whole;

	(void)request;
	(void)answer;
	if (limited_open_quickly(&guest, failure) < 0 || whole_open(&guest, &whole, failure) < 0)
		return -1;
	return way->performs(failure);
}

static int send_signal(struct failure *failure)
{
	if (syscall(SYS_pidfd_send_signal, guest.pidfd, (int)number, NULL, 0) < 0)
		return fail(failure, errno, "pidfd_send_signal", "init");
	return 0;
}

/* One write is one request. ENXIO: nobody reads there. */
static int write_initctl(struct failure *failure)
{
	struct init_request change = { INIT_MAGIC, CHANGE_RUNLEVEL, '0' + (int)number, SECONDS_TO_END, "" };
	const char *path = "run/initctl";
	int fifo;

	if (limited_open(&guest, failure) < 0)
		return -1;
	fifo = open_fifo(path);
	if (fifo < 0) {
		int other = open_fifo("dev/initctl");

		path = other == -ENOENT ? path : "dev/initctl";
		fifo = other == -ENOENT ? fifo : other;
	}
	if (fifo < 0)
		return fail(failure, -fifo, "initctl", path);
	return write(fifo, &change, sizeof(change)) == sizeof(change) ? 0 : fail(failure, errno, "initctl", path);
}

/* EINVAL: something else is there. What was looked at is what is opened. */
static int open_fifo(const char *path)
{
	autofd int found = path_open(&guest, path);
	char self[64];
	struct stat file;
	int fifo;

	if (found < 0)
		return found;
	if (fstat(found, &file) < 0 || !S_ISFIFO(file.st_mode))
		return -EINVAL;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fifo = open(self, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	return fifo < 0 ? -errno : fifo;
}

/* Where its first stage has made them, else as Debian's names them. SIGCONT makes it look. */
static int ask_runit(struct failure *failure)
{
	static const char *const stops[] = { "run/runit/stopit", "etc/runit/stopit", "run/runit.stopit" };
	static const char *const reboots[] = { "run/runit/reboot", "etc/runit/reboot", "run/runit.reboot" };
	int last = sizeof(stops) / sizeof(stops[0]) - 1, at = 0;

	if (limited_open(&guest, failure) < 0)
		return -1;
	if (id_map_read(guest.pid, "uid_map", &guest.users) < 0 || id_map_read(guest.pid, "gid_map", &guest.groups) < 0)
		return fail(failure, ESRCH, "guest", "id map");
	while (at < last && say_mode(stops[at], 0100, false, failure) < 0)
		at++;
	if (say_mode(reboots[at], 0, true, failure) < 0 || say_mode(stops[at], 0100, true, failure) < 0)
		return -1;
	number = SIGCONT;
	return send_signal(failure);
}

/* Its mode is what init looks at. As the guest's root: a link or a device that the guest puts there is neither followed nor opened. */
static int say_mode(const char *path, mode_t mode, bool makes, struct failure *failure)
{
	autoplace struct place place = { .parent = -1 };
	char self[64];
	struct stat file;

	if (place_open_anywhere(&guest, path, &place, failure) < 0)
		return -1;
	autoidentity struct identity identity = identity_of_root(&guest);
	autofd int made = makes ? openat(place.parent, place.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
	autofd int found = place_look(&place);

	(void)identity;
	(void)made;
	if (found < 0)
		return fail(failure, -found, "openat", path);
	if (fstat(found, &file) < 0 || !S_ISREG(file.st_mode))
		return fail(failure, EEXIST, "foreign", path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	return chmod(self, mode) < 0 ? fail(failure, errno, "chmod", path) : 0;
}
