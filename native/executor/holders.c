/* The verbs `holders` and `signal`: processes of one guest, in its worker. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "processes.h"
#include "verbs.h"

enum { HOLDERS_MAX = 64 };

struct search {
	mode_t type;
	struct device_number number;
	struct answer *answer;
	pid_t told[HOLDERS_MAX];
	int found;
	int error;
};

static bool look_at(pid_t pid, void *context);
static bool holds(pid_t pid, struct search *search);
static bool is_told(pid_t pid, const struct search *search);
static DIR *open_folder(const char *path, struct search *search);
static bool is_in(const char *files, struct search *search);
static bool has_own_files(pid_t pid, pid_t thread);
static int open_process(const struct guest *guest, pid_t pid, unsigned long long start_time, struct failure *failure);

int guest_holders(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	struct search search = { .answer = answer };
	int error;

	if (!parse_number(request->word[2], &search.number))
		return malformed(request, failure);
	search.type = search.number.type == 'b' ? S_IFBLK : S_IFCHR;
	error = processes_below(guest->cgroup, look_at, &search);
	if (error == -E2BIG)
		error = processes_everywhere_below(guest->cgroup, look_at, &search);
	if (error < 0)
		return fail(failure, -error, "cgroup", guest->cgroup);
	if (search.error < 0) /* whoever cannot be looked into may hold it */
		return fail(failure, -search.error, "proc", guest->cgroup);
	answer_ok(answer, "%d", search.found);
	return 0;
}

int guest_signal(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	unsigned long pid, start_time;
	bool terminates = strcmp(request->word[4], "TERM") == 0, kills = strcmp(request->word[4], "KILL") == 0;
	int process, sent;

	(void)answer;
	if (!parse_unsigned(request->word[2], 1 << 22, &pid) || !parse_unsigned(request->word[3], ~0UL, &start_time) ||
	    (!terminates && !kills))
		return malformed(request, failure);
	process = open_process(guest, (pid_t)pid, start_time, failure);
	if (process < 0)
		return -1;
	sent = (int)syscall(SYS_pidfd_send_signal, process, terminates ? SIGTERM : SIGKILL, NULL, 0);
	if (sent < 0)
		fail(failure, errno, "pidfd_send_signal", request->word[2]);
	close(process);
	return sent;
}

static bool look_at(pid_t pid, void *context)
{
	struct search *search = context;
	char comm[32] = "", word[100], path[64];
	unsigned long long start_time;
	FILE *file;

	if (is_told(pid, search) || !holds(pid, search) || process_start_time(pid, &start_time) < 0)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(comm, sizeof(comm), file))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(file);
	}
	answer_row(search->answer, "%d %llu %s", pid, start_time, encode(comm, word, sizeof(word)));
	search->told[search->found++] = pid;
	return search->found < HOLDERS_MAX;
}

/* A second walk meets again whom the first one met. */
static bool is_told(pid_t pid, const struct search *search)
{
	for (int i = 0; i < search->found; i++)
		if (search->told[i] == pid)
			return true;
	return false;
}

/* A thread may have open files of its own, and outlive the one that gives the process its name. */
static bool holds(pid_t pid, struct search *search)
{
	char path[64];
	DIR *threads;
	struct dirent *entry;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = open_folder(path, search);
	if (!threads)
		return false;
	while (!found && (entry = readdir(threads))) {
		unsigned long thread;

		if (!parse_unsigned(entry->d_name, 1 << 22, &thread) || !has_own_files(pid, (pid_t)thread))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%lu/fd", pid, thread);
		found = is_in(path, search);
	}
	closedir(threads);
	return found;
}

/* Goes through the link to the open file itself, whose file system may never answer: so nothing is asked of it, and a worker asks. */
static bool is_in(const char *path, struct search *search)
{
	DIR *files = open_folder(path, search);
	struct dirent *entry;
	bool found = false;

	if (!files)
		return false;
	while (!found && (entry = readdir(files))) {
		struct statx file;

		if (entry->d_name[0] == '.' ||
		    statx(dirfd(files), entry->d_name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &file) < 0)
			continue;
		found = (file.stx_mode & S_IFMT) == search->type && file.stx_rdev_major == search->number.major &&
			file.stx_rdev_minor == search->number.minor;
	}
	closedir(files);
	return found;
}

static DIR *open_folder(const char *path, struct search *search)
{
	DIR *folder = opendir(path);

	if (!folder && errno != ENOENT && errno != ESRCH)
		search->error = -errno;
	return folder;
}

/* Where the kernel does not compare, each thread is looked at. */
static bool has_own_files(pid_t pid, pid_t thread)
{
	return pid == thread || syscall(SYS_kcmp, pid, thread, KCMP_FILES, 0, 0) != 0;
}

/* Opened first, then judged: what the pidfd names cannot become another process any more. */
static int open_process(const struct guest *guest, pid_t pid, unsigned long long start_time, struct failure *failure)
{
	char cgroup[PATH_MAX], subject[32];
	unsigned long long found = 0;
	int process = (int)syscall(SYS_pidfd_open, pid, 0);

	snprintf(subject, sizeof(subject), "%d", pid);
	if (process < 0)
		return fail(failure, errno, "pidfd_open", subject);
	if (process_start_time(pid, &found) < 0 || found != start_time)
		fail(failure, ESRCH, "pidfd_open", subject);
	else if (process_cgroup(pid, cgroup, sizeof(cgroup)) < 0 || !is_below(cgroup, guest->cgroup))
		fail(failure, EPERM, "cgroup", subject);
	else
		return process;
	close(process);
	return -1;
}
