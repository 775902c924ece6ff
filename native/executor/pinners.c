#include "pinners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor.h"
#include "guest.h"
#include "mount_lines.h"
#include "pinning_mounts.h"
#include "process_stat.h"

enum { LINK_BYTES = 64 };

struct search {
	const struct network_id *network;
	pinner_fn *each;
	void *context;
	struct effort effort;
	struct stat own; /* of the file system of namespaces */
	char link[LINK_BYTES];
};
typedef void look_fn(pid_t pid, struct search *search);

static bool begin(struct search *search);
static void look_at_all(struct search *search, look_fn *look);
static void look_inside(pid_t pid, struct search *search);
static void look_at_open(pid_t pid, struct search *search);
static void look_at_mounts(pid_t pid, struct search *search);
static bool take_mount(pid_t pid, int folder, const char *path, void *context);
static int open_searched(const struct search *search, int folder, const char *path);
static void tell(struct search *search, const struct pinner *pinner);

bool pinners_each(const struct network_id *network, pinner_fn *each, void *context)
{
	struct search search = { .network = network, .each = each, .context = context };

	if (!begin(&search))
		return false;
	look_at_all(&search, look_inside);
	look_at_all(&search, look_at_open);
	mount_lines_begin();
	look_at_all(&search, look_at_mounts);
	return !search.effort.is_late;
}

bool pinners_seen_at_once(const struct network_id *network, pinner_fn *each, void *context)
{
	struct search search = { .network = network, .each = each, .context = context };

	if (!begin(&search))
		return false;
	look_at_all(&search, look_inside);
	mount_lines_begin();
	look_at_mounts(getppid(), &search);
	return !search.effort.is_late;
}

int network_identify(int network, struct network_id *id)
{
	socklen_t size = sizeof(id->cookie);
	struct stat found;

	if (fstat(network, &found) < 0 || setns(network, CLONE_NEWNET) < 0)
		return -errno;
	autofd int inside = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (inside < 0 || getsockopt(inside, SOL_SOCKET, SO_NETNS_COOKIE, &id->cookie, &size) < 0)
		return -errno;
	id->inode = found.st_ino;
	return 0;
}

static bool begin(struct search *search)
{
	search->effort = effort_begin();
	snprintf(search->link, sizeof(search->link), "net:[%llu]", (unsigned long long)search->network->inode);
	return stat("/proc/self/ns/net", &search->own) == 0;
}

static void look_at_all(struct search *search, look_fn *look)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	unsigned long pid;

	while (all && effort_goes_on(&search->effort) && (entry = readdir(all)))
		if (parse_unsigned(entry->d_name, 1 << 22, &pid) && (pid_t)pid != getpid())
			look((pid_t)pid, search);
	if (all)
		closedir(all);
}

/* A thread may be elsewhere than its process. */
static void look_inside(pid_t pid, struct search *search)
{
	char path[NAME_MAX + 32];
	struct dirent *entry;
	DIR *threads;
	autofd int network = -1;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && network < 0 && effort_goes_on(&search->effort) && (entry = readdir(threads))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		network = open_searched(search, dirfd(threads), path);
	}
	if (threads)
		closedir(threads);
	if (network >= 0)
		tell(search, &(struct pinner){ pid, PINS_IN, NULL, network });
}

/* By the text of the link, which asks nothing of whoever the file is of. What a guest has open was not given to it by the host. */
static void look_at_open(pid_t pid, struct search *search)
{
	char path[64], link[LINK_BYTES + 1];
	struct dirent *entry;
	autofd int network = -1;
	DIR *files;

	if (is_contained(pid))
		return;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = opendir(path);
	while (files && network < 0 && effort_goes_on(&search->effort) && (entry = readdir(files))) {
		ssize_t length = readlinkat(dirfd(files), entry->d_name, link, sizeof(link) - 1);

		if (length <= 0)
			continue;
		link[length] = '\0';
		if (strcmp(link, search->link) == 0)
			network = open_searched(search, dirfd(files), entry->d_name);
	}
	if (files)
		closedir(files);
	if (network >= 0)
		tell(search, &(struct pinner){ pid, PINS_OPEN, NULL, network });
}

static void look_at_mounts(pid_t pid, struct search *search)
{
	if (!is_contained(pid))
		pinning_mounts_of(pid, search->link, &search->effort, take_mount, search);
}

static bool take_mount(pid_t pid, int folder, const char *path, void *context)
{
	struct search *search = context;
	autofd int network = open_searched(search, folder, "");

	if (network >= 0)
		tell(search, &(struct pinner){ pid, PINS_MOUNTED, path, network });
	return !search->effort.has_ended;
}

/* Looked at before it is opened: it may be another file by now. -1: it is another one. */
static int open_searched(const struct search *search, int folder, const char *path)
{
	autofd int found = path[0] ? openat(folder, path, O_PATH | O_CLOEXEC) : dup(folder);
	struct network_id id;
	struct stat file;
	char self[64];

	if (found < 0 || fstat(found, &file) < 0 || file.st_dev != search->own.st_dev ||
	    file.st_ino != search->network->inode)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	int opened = open(self, O_RDONLY | O_CLOEXEC);

	if (opened < 0 || (network_identify(opened, &id) == 0 && id.cookie == search->network->cookie))
		return opened;
	close(opened);
	return -1;
}

/* Others of the executor's processes look around in it as this one does, and come out of it at once. */
static void tell(struct search *search, const struct pinner *pinner)
{
	struct process_stat process;

	if (process_stat(pinner->pid, &process) == 0 && process.parent == getppid())
		return;
	search->effort.has_ended = !search->each(pinner, search->context);
}
