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
#include "pinning_mounts.h"
#include "process_stat.h"

enum { LINK_BYTES = 64 };

struct search {
	const struct network_id *network;
	pinner_fn *each;
	void *context;
	bool has_ended;
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
static bool is_searched(const struct search *search, int folder, const char *path);
static void tell(struct search *search, pid_t pid, enum pinning how, const char *where);

void pinners_each(const struct network_id *network, pinner_fn *each, void *context)
{
	struct search search = { .network = network, .each = each, .context = context };

	if (!begin(&search))
		return;
	look_at_all(&search, look_inside);
	look_at_all(&search, look_at_open);
	pinning_mounts_begin();
	look_at_all(&search, look_at_mounts);
}

void pinners_seen_at_once(const struct network_id *network, pinner_fn *each, void *context)
{
	struct search search = { .network = network, .each = each, .context = context };

	if (!begin(&search))
		return;
	look_at_all(&search, look_inside);
	pinning_mounts_begin();
	look_at_mounts(getppid(), &search);
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

bool is_contained(pid_t pid)
{
	char path[64], line[256];
	bool is = false;
	FILE *lines;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	lines = fopen(path, "re");
	if (!lines)
		return false;
	while (!is && fgets(line, sizeof(line), lines))
		is = strncmp(line, "NSpid:\t", 7) == 0 && strchr(line + 7, '\t');
	fclose(lines);
	return is;
}

static bool begin(struct search *search)
{
	snprintf(search->link, sizeof(search->link), "net:[%llu]", (unsigned long long)search->network->inode);
	return stat("/proc/self/ns/net", &search->own) == 0;
}

static void look_at_all(struct search *search, look_fn *look)
{
	DIR *all = opendir("/proc");
	struct dirent *entry;
	unsigned long pid;

	while (all && !search->has_ended && (entry = readdir(all)))
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
	bool is_in = false;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && !is_in && (entry = readdir(threads))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/ns/net", entry->d_name);
		is_in = is_searched(search, dirfd(threads), path);
	}
	if (threads)
		closedir(threads);
	if (is_in)
		tell(search, pid, PINS_IN, NULL);
}

/* By the text of the link, which asks nothing of whoever the file is of. */
static void look_at_open(pid_t pid, struct search *search)
{
	char path[64], link[LINK_BYTES + 1];
	struct dirent *entry;
	bool has = false;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = opendir(path);
	while (files && !has && (entry = readdir(files))) {
		ssize_t length = readlinkat(dirfd(files), entry->d_name, link, sizeof(link) - 1);

		if (length <= 0)
			continue;
		link[length] = '\0';
		has = strcmp(link, search->link) == 0 && is_searched(search, dirfd(files), entry->d_name);
	}
	if (files)
		closedir(files);
	if (has)
		tell(search, pid, PINS_OPEN, NULL);
}

static void look_at_mounts(pid_t pid, struct search *search)
{
	pinning_mounts_of(pid, search->link, take_mount, search);
}

static bool take_mount(pid_t pid, int folder, const char *path, void *context)
{
	struct search *search = context;

	if (is_searched(search, folder, ""))
		tell(search, pid, PINS_MOUNTED, path);
	return !search->has_ended;
}

/* Looked at before it is opened: it may be another file by now. */
static bool is_searched(const struct search *search, int folder, const char *path)
{
	autofd int found = path[0] ? openat(folder, path, O_PATH | O_CLOEXEC) : dup(folder);
	struct network_id id;
	struct stat file;
	char self[64];

	if (found < 0 || fstat(found, &file) < 0 || file.st_dev != search->own.st_dev ||
	    file.st_ino != search->network->inode)
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	autofd int opened = open(self, O_RDONLY | O_CLOEXEC);
	return opened >= 0 && network_identify(opened, &id) == 0 && id.cookie == search->network->cookie;
}

/* Others of the executor's processes look around in it as this one does, and come out of it at once. */
static void tell(struct search *search, pid_t pid, enum pinning how, const char *where)
{
	struct pinner pinner = { pid, how, where };
	struct process_stat process;

	if (process_stat(pid, &process) == 0 && process.parent == getppid())
		return;
	search->has_ended = !search->each(&pinner, search->context);
}
