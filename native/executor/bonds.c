/* What a guest's init is held by, so that nothing else that is run in the guest is held by less. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entry.h"
#include "process_stat.h"

static const struct {
	const char *name;
	int flag;
} namespaces[] = {
	{ "user", CLONE_NEWUSER }, { "mnt", CLONE_NEWNS },   { "pid", CLONE_NEWPID },	    { "net", CLONE_NEWNET },
	{ "ipc", CLONE_NEWIPC },   { "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
};

static int read_all(pid_t pid, struct bonds *bonds, int file, struct failure *failure);
static int namespaces_of(pid_t pid);
static bool read_status(pid_t pid, struct bonds *bonds, unsigned int *mode);
static void read_label(pid_t pid, char *label);

int bonds_read(const struct guest *guest, struct failure *failure)
{
	static struct bonds bonds;
	int file = memfd_create("hostler-bonds", MFD_CLOEXEC), result = -1;

	/* Its place comes first, and is filled when the filters behind it are counted. */
	if (file < 0 || write(file, &bonds, sizeof(bonds)) != sizeof(bonds))
		fail(failure, errno, "memfd", "bonds");
	else
		result = read_all(guest->pid, &bonds, file, failure);
	if (result == 0 && (pwrite(file, &bonds, sizeof(bonds), 0) != sizeof(bonds) || lseek(file, 0, SEEK_SET) < 0))
		result = fail(failure, errno, "memfd", "bonds");
	if (result == 0)
		return file;
	close_fd(&file);
	return -1;
}

static int read_all(pid_t pid, struct bonds *bonds, int file, struct failure *failure)
{
	unsigned int mode = 0;
	int error;

	bonds->namespaces = namespaces_of(pid);
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		if (prlimit(pid, (__rlimit_resource_t)i, NULL, &bonds->limits[i]) < 0)
			return fail(failure, errno, "prlimit", "init");
	if (!read_status(pid, bonds, &mode))
		return fail(failure, ESRCH, "status", "init");
	read_label(pid, bonds->label);
	error = mode ? filters_read(pid, bonds, file) : 0;
	return error < 0 ? fail(failure, -error, "seccomp", "init") : 0;
}

static int namespaces_of(pid_t pid)
{
	int flags = 0;

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		struct stat theirs, ours;
		char path[64], own[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, namespaces[i].name);
		snprintf(own, sizeof(own), "/proc/self/ns/%s", namespaces[i].name);
		if (stat(path, &theirs) == 0 && stat(own, &ours) == 0 &&
		    (theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev))
			flags |= namespaces[i].flag;
	}
	return flags;
}

/* What it has and what it could still get. */
static bool read_status(pid_t pid, struct bonds *bonds, unsigned int *mode)
{
	unsigned long long permitted = 0, bounding = 0;
	unsigned int no_new = 0;
	char path[64], line[256];
	int found = 0;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	lines = fopen(path, "re");
	while (lines && fgets(line, sizeof(line), lines))
		found += sscanf(line, "CapPrm: %llx", &permitted) == 1 || sscanf(line, "CapBnd: %llx", &bounding) == 1 ||
			 sscanf(line, "NoNewPrivs: %u", &no_new) == 1 || sscanf(line, "Seccomp: %u", mode) == 1;
	if (lines)
		fclose(lines);
	bonds->powers = permitted & bounding;
	bonds->no_new = no_new != 0;
	return found == 4;
}

/* AppArmor's has its mode behind it. Where init is held by nothing else than this process, there is nothing to be said. */
static void read_label(pid_t pid, char *label)
{
	char own[LABEL_BYTES], theirs[LABEL_BYTES], *mode;
	bool is_apparmor = process_line(pid, "attr/apparmor/current", theirs, sizeof(theirs)) == 0;

	label[0] = '\0';
	if (is_apparmor)
		(void)process_line(getpid(), "attr/apparmor/current", own, sizeof(own));
	else if (process_line(pid, "attr/current", theirs, sizeof(theirs)) < 0 ||
		 process_line(getpid(), "attr/current", own, sizeof(own)) < 0)
		return;
	if (theirs[0] == '\0' || strcmp(own, theirs) == 0 || strcmp(theirs, "unconfined") == 0)
		return;
	mode = is_apparmor ? strrchr(theirs, ' ') : NULL;
	if (mode && mode[1] == '(')
		*mode = '\0';
	if (strlen(theirs) < LABEL_BYTES - sizeof("exec "))
		snprintf(label, LABEL_BYTES, "%s%.1000s", is_apparmor ? "exec " : "", theirs);
}
