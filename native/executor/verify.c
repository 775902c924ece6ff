/* Asks the kernel from inside the guest's cgroup, on a node of our own; nothing is opened. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "access.h"
#include "cgroups.h"
#include "child.h"
#include "staging.h"
#include "verbs.h"

struct question {
	int folder, node;
	char name[32];
	mode_t type;
	dev_t device;
	unsigned int access;
};

static int make_node(struct question *question);
static int ask_inside(const struct guest *guest, const struct question *question);
static bool is_frozen(int cgroup);
static pid_t start_child(int cgroup, bool is_v1, int *process);
static void answer_inside(const struct question *question, pid_t parent, int procs) __attribute__((noreturn));
static int ask(const struct question *question);

int guest_verify(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	struct question question = { .folder = -1, .node = -1 };
	struct device_number number;
	int error;

	(void)answer;
	if (!parse_number(request->word[2], &number) || !parse_access(request->word[3], &question.access))
		return malformed(request, failure);
	question.type = number.type == 'c' ? S_IFCHR : S_IFBLK;
	question.device = makedev(number.major, number.minor);
	error = make_node(&question);
	if (error == 0)
		error = ask_inside(guest, &question);
	close_fd(&question.node);
	close_fd(&question.folder);
	if (error == 0)
		return 0;
	return fail(failure, -error, error == -ETIMEDOUT ? "verify" : "faccessat", request->word[2]);
}

static int make_node(struct question *question)
{
	snprintf(question->name, sizeof(question->name), ".verify-%d", getpid());
	question->folder = staging_top();
	if (question->folder < 0)
		return question->folder;
	if (unlinkat(question->folder, question->name, 0) < 0 && errno != ENOENT)
		return -errno;
	if (mknodat(question->folder, question->name, question->type | 0600, question->device) < 0)
		return -errno;
	question->node = openat(question->folder, question->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (unlinkat(question->folder, question->name, 0) < 0 || question->node < 0)
		return -errno;
	return 0;
}

static int ask_inside(const struct guest *guest, const struct question *question)
{
	const struct hierarchy *hierarchy = devices_hierarchy();
	autofd int cgroup = open_of_init(guest);
	autofd int procs = cgroup < 0 ? -1 : openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	autofd int process = -1;
	pid_t parent = getpid(), child;

	if (!hierarchy || procs < 0)
		return cgroup < 0 ? cgroup : -errno;
	if (!hierarchy->is_v1 && is_frozen(cgroup))
		return -ETIMEDOUT;
	child = start_child(cgroup, hierarchy->is_v1, &process);
	if (child == 0)
		answer_inside(question, parent, hierarchy->is_v1 ? procs : -1);
	return child < 0 ? -errno : child_await(child, process);
}

/* Whoever is born there would not even come to say that it ends with its worker. */
static bool is_frozen(int cgroup)
{
	char text[256];
	autofd int events = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
	ssize_t got = events < 0 ? -1 : read(events, text, sizeof(text) - 1);

	if (got < 0)
		return false;
	text[got] = '\0';
	return strstr(text, "frozen 1") != NULL;
}

/* v2 starts it where it belongs; v1 cannot, there it moves itself, which the kernel takes milliseconds for. */
static pid_t start_child(int cgroup, bool is_v1, int *process)
{
	struct clone_args how = {
		.flags = CLONE_PIDFD | (is_v1 ? 0 : CLONE_INTO_CGROUP),
		.pidfd = (uint64_t)(uintptr_t)process,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};

	return (pid_t)syscall(SYS_clone3, &how, sizeof(how));
}

static void answer_inside(const struct question *question, pid_t parent, int procs)
{
	child_begin(parent);
	if (procs >= 0 && write(procs, "0", 1) != 1)
		_exit(ECHILD);
	_exit(ask(question));
}

static int ask(const struct question *question)
{
	int mode = (question->access & ACCESS_READ ? R_OK : 0) | (question->access & ACCESS_WRITE ? W_OK : 0);

	if (mode && faccessat(question->node, "", mode, AT_EMPTY_PATH | AT_EACCESS) < 0)
		return errno;
	if (!(question->access & ACCESS_MKNOD))
		return 0;
	if (mknodat(question->folder, question->name, question->type, question->device) < 0)
		return errno;
	return unlinkat(question->folder, question->name, 0) < 0 ? errno : 0;
}
