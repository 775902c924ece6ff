/* `--enter`: becomes a program of the guest, and gives up everything else first. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "entry.h"

static char *environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", "LOGNAME=root", NULL,
};

static void close_what_is_not_ours(void);
static bool read_bonds(struct bonds *bonds);
static void take_label(const char *label);
static void take_limits(const struct rlimit *limits);
static void go_inside(const struct bonds *bonds);
static void drop_powers(const struct bonds *bonds);
static void take_filters(const struct bonds *bonds);
static void keep_only(uint64_t powers);
static void end_with_who_asked(void);
static void begin(char **word) __attribute__((noreturn));
static void give_up(const char *call) __attribute__((noreturn));

/* Nothing of the host is looked at after go_inside(), and nothing of the guest before the program begins. */
void enter(int words, char **word)
{
	static struct bonds bonds;
	struct report report = { 0 };

	if (prctl(PR_SET_DUMPABLE, 0) < 0 || words < 1)
		give_up("prctl");
	close_what_is_not_ours();
	if (!read_bonds(&bonds))
		give_up("read");
	take_label(bonds.label);
	take_limits(bonds.limits);
	go_inside(&bonds);
	drop_powers(&bonds);
	take_filters(&bonds);
	keep_only(bonds.powers);
	end_with_who_asked();
	/* Whoever asked is its parent, and hears how it ends. */
	report.program = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (report.program < 0)
		give_up("fork");
	if (report.program == 0)
		begin(word);
	_exit(write(ENTRY_REPORT, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
}

static void close_what_is_not_ours(void)
{
	if (fcntl(ENTRY_REPORT, F_SETFD, FD_CLOEXEC) < 0 || close_range(ENTRY_FIRST_FREE, ~0U, 0) < 0)
		give_up("close");
}

static bool read_bonds(struct bonds *bonds)
{
	return read(ENTRY_BONDS, bonds, sizeof(*bonds)) == sizeof(*bonds) && bonds->filters <= FILTERS_MAX;
}

/* It is in force when a program begins. */
static void take_label(const char *label)
{
	size_t length = strlen(label);
	int file;

	if (length == 0)
		return;
	file = open(strncmp(label, "exec ", 5) == 0 ? "/proc/self/attr/apparmor/exec" : "/proc/self/attr/exec",
		    O_WRONLY | O_CLOEXEC);
	if (file < 0 || write(file, label, length) != (ssize_t)length || close(file) < 0)
		give_up("label");
}

/* What the executor itself may not raise stays less. */
static void take_limits(const struct rlimit *limits)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		if (setrlimit((__rlimit_resource_t)i, &limits[i]) < 0 && errno != EPERM)
			give_up("setrlimit");
}

static void go_inside(const struct bonds *bonds)
{
	if (setgroups(0, NULL) < 0)
		give_up("setgroups");
	if (setns(ENTRY_INIT, bonds->namespaces) < 0)
		give_up("setns");
	if (fchdir(ENTRY_ROOT) < 0 || chroot(".") < 0)
		give_up("chroot");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		give_up("setresuid");
	/* Keys of whoever began the executor. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS && errno != EDQUOT)
		give_up("keyctl");
	close(ENTRY_INIT);
	close(ENTRY_ROOT);
	umask(022);
}

static void drop_powers(const struct bonds *bonds)
{
	for (unsigned long power = 0; prctl(PR_CAPBSET_READ, power, 0, 0, 0) >= 0; power++)
		if (!(bonds->powers >> power & 1) && prctl(PR_CAPBSET_DROP, power, 0, 0, 0) < 0)
			give_up("capabilities");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		give_up("capabilities");
	if (bonds->no_new && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up("privileges");
}

/* Needs the power to, as long as it is there. */
static void take_filters(const struct bonds *bonds)
{
	static struct sock_filter steps[FILTER_STEPS_MAX];

	for (int i = 0; i < bonds->filters; i++) {
		struct sock_fprog program = { bonds->steps[i], steps };
		ssize_t size = (ssize_t)(bonds->steps[i] * sizeof(*steps));

		if (bonds->steps[i] > FILTER_STEPS_MAX || read(ENTRY_BONDS, steps, (size_t)size) != size ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
			give_up("seccomp");
	}
	close(ENTRY_BONDS);
}

static void keep_only(uint64_t powers)
{
	struct __user_cap_header_struct version = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct kept[2];

	if (syscall(SYS_capget, &version, kept) < 0)
		give_up("capabilities");
	for (int i = 0; i < 2; i++) {
		kept[i].permitted &= (uint32_t)(powers >> (32 * i));
		kept[i].effective = kept[i].permitted;
		kept[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &version, kept) < 0)
		give_up("capabilities");
}

/* Again with every change of identity, and of who it is. Whoever asked has the other end of the report for as long as he lives. */
static void end_with_who_asked(void)
{
	struct pollfd report = { .fd = ENTRY_REPORT };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || poll(&report, 1, 0) < 0 || (report.revents & POLLERR))
		_exit(1);
}

/* From here on it is the guest's. */
static void begin(char **word)
{
	end_with_who_asked();
	if (setsid() < 0 || chdir("/") < 0)
		give_up("setsid");
	environ = environment;
	execvp(word[0], word);
	give_up("execve");
}

static void give_up(const char *call)
{
	struct report report = { .error = errno };

	snprintf(report.call, sizeof(report.call), "%s", call);
	(void)!write(ENTRY_REPORT, &report, sizeof(report));
	_exit(1);
}
