/* The verb `evidence`: who is in a guest, and what each waits for; first of all those who wait for the kernel itself, whom nothing ends. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "cgroups.h"
#include "limited.h"
#include "process_stat.h"
#include "task.h"
#include "verbs.h"
#include "waiting_mount.h"
#include "whole.h"

enum { TASKS_MAX = 256, TASK_SECONDS = 10, ROWS_MAX = 256, LOOKS_MAX = 65536, NAME_BYTES_MAX = 128, CGROUP_ID = 4 };
enum { CALL_BYTES = 256, MOUNT_BYTES = 1024, MOUNTS_MAX = 16, MOUNTS_MS = 2000 };

static struct guest guest;

struct search {
	const struct whole *whole;
	struct answer *answer;
	bool is_for_stuck;
	int all, rows, looks, mounts;
	uint64_t mounts_until;
	pid_t told[ROWS_MAX];
};
/* Of all threads the one that tells most. */
struct finding {
	struct process_stat process;
	char state;
	char comm[NAME_BYTES_MAX], waits[NAME_BYTES_MAX], call[CALL_BYTES];
};

static int perform(const struct request *request, struct answer *answer, struct failure *failure);
static bool look_at(pid_t pid, void *context);
static bool is_told(const struct search *search, pid_t pid);
static bool find(struct search *search, pid_t pid, struct finding *finding);
static void look_at_thread(pid_t pid, const char *thread, struct finding *finding);
static bool is_frozen(pid_t pid);
static void tell(struct search *search, pid_t pid, const struct finding *finding);
static bool level_of(const struct whole *whole, pid_t pid, char level[PATH_MAX]);

int verb_evidence(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct task_kind kind = { "evidence", perform, TASK_SECONDS, TASKS_MAX, true, 0 };

	(void)answer;
	if (!limited_read(request, &guest))
		return malformed(request, failure);
	return task_begin(&kind, guest.cgroup, request, failure);
}

static int perform(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct whole whole;
	struct search search = { .whole = &whole, .answer = answer, .is_for_stuck = true, .mounts_until = now_ms() + MOUNTS_MS };

	if (whole_of(&guest, request->words > CGROUP_ID ? request->word[CGROUP_ID] : NULL, &whole, failure) < 0)
		return -1;
	if (whole.folder >= 0) {
		(void)whole_scan(&whole, look_at, &search);
		search.is_for_stuck = false;
		search.all = search.looks = 0;
		(void)whole_scan(&whole, look_at, &search);
	}
	answer_ok(answer, "%d", search.all);
	return 0;
}

static bool look_at(pid_t pid, void *context)
{
	struct search *search = context;
	struct finding finding;

	search->all++;
	if (search->rows == ROWS_MAX || is_told(search, pid) || !find(search, pid, &finding))
		return true;
	if (finding.state == 'D' && is_frozen(pid))
		finding.state = 'F';
	if (finding.state == 'D' || !search->is_for_stuck)
		tell(search, pid, &finding);
	return true;
}

static bool is_told(const struct search *search, pid_t pid)
{
	for (int i = 0; i < search->rows; i++)
		if (search->told[i] == pid)
			return true;
	return false;
}

/* One thread that is stuck keeps the whole process. */
static bool find(struct search *search, pid_t pid, struct finding *finding)
{
	char path[64];
	struct dirent *entry;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	finding->state = '\0';
	while (threads && finding->state != 'D' && search->looks < LOOKS_MAX && (entry = readdir(threads))) {
		if (entry->d_name[0] == '.')
			continue;
		search->looks++;
		look_at_thread(pid, entry->d_name, finding);
	}
	if (threads)
		closedir(threads);
	return finding->state && process_stat(pid, &finding->process) == 0;
}

/* The first thread is the process's own. */
static void look_at_thread(pid_t pid, const char *thread, struct finding *finding)
{
	char file[NAME_MAX + 32], waits[NAME_BYTES_MAX], state, line[1024];
	const char *comm_end;

	snprintf(file, sizeof(file), "task/%s/stat", thread);
	if (process_line(pid, file, line, sizeof(line)) < 0 || !(comm_end = strrchr(line, ')')) ||
	    sscanf(comm_end, ") %c", &state) != 1)
		return;
	snprintf(file, sizeof(file), "task/%s/wchan", thread);
	(void)process_line(pid, file, waits, sizeof(waits));
	if (finding->state && state != 'D')
		return;
	finding->state = state;
	strcpy(finding->waits, waits[0] ? waits : "-");
	snprintf(file, sizeof(file), "task/%s/syscall", thread);
	(void)process_line(pid, file, finding->call, sizeof(finding->call));
	snprintf(file, sizeof(file), "task/%s/comm", thread);
	(void)process_line(pid, file, finding->comm, sizeof(finding->comm));
}

/* Who stands still in v1's freezer looks as if he waited for the kernel. Where one really does, not all of them stand still. */
static bool is_frozen(pid_t pid)
{
	const struct hierarchy *freezer = hierarchy_of("freezer");
	char path[PATH_MAX], state[32];

	if (!freezer || !freezer->is_v1 || process_cgroup_of("freezer", pid, path, sizeof(path)) < 0)
		return false;
	autofd int folder = cgroup_open_in(freezer, path);

	return folder >= 0 && cgroup_read(folder, "freezer.state", state, sizeof(state)) > 0 && strcmp(state, "FROZEN\n") == 0;
}

static void tell(struct search *search, pid_t pid, const struct finding *finding)
{
	char level[PATH_MAX], comm[3 * NAME_BYTES_MAX + 2], waits[3 * NAME_BYTES_MAX + 2], below[3 * PATH_MAX + 2];
	char mount[MOUNT_BYTES] = "-", mount_word[3 * MOUNT_BYTES + 2];
	int number = (int)strcspn(finding->call, " ");

	if (!level_of(search->whole, pid, level))
		return;
	if (finding->state == 'D' && search->mounts++ < MOUNTS_MAX && now_ms() < search->mounts_until &&
	    !waiting_mount(pid, finding->call, search->mounts_until, mount, sizeof(mount)))
		strcpy(mount, "-");
	answer_row(search->answer, "%d %llu %d %c %s %s %.*s %s %s", pid, finding->process.start_time, finding->process.parent,
		   finding->state, encode(finding->comm, comm, sizeof(comm)), encode(finding->waits, waits, sizeof(waits)),
		   number > 0 ? number : 1, number > 0 ? finding->call : "-",
		   encode(level, below, sizeof(below)),
		   encode(mount, mount_word, sizeof(mount_word)));
	search->told[search->rows++] = pid;
}

/* On v1 a systemd in the guest has its units in a hierarchy of their own, and few of them in any other. */
static bool level_of(const struct whole *whole, pid_t pid, char level[PATH_MAX])
{
	const char *controllers[] = { whole->controller, "name=systemd" };
	size_t length = strlen(whole->path);
	char path[PATH_MAX];

	level[0] = '\0';
	for (size_t i = 0; i < sizeof(controllers) / sizeof(*controllers) && !level[0]; i++) {
		if (process_cgroup_of(controllers[i], pid, path, sizeof(path)) == 0 && is_below(path, whole->path))
			strcpy(level, path + length);
		else if (i == 0)
			return false;
	}
	if (!level[0])
		strcpy(level, "/");
	return true;
}
