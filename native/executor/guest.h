/*
 * One guest as its worker knows it. Everything here was looked up from handles at guest-open; what the guest writes
 * is never believed.
 */
#ifndef HOSTLER_GUEST_H
#define HOSTLER_GUEST_H

#include <limits.h>

#include "executor.h"
#include "hierarchies.h"
#include "worker.h"

enum { ID_RANGES_MAX = 340 };

struct id_range {
	unsigned int inside, outside, count;
};
struct id_map {
	int ranges;
	struct id_range range[ID_RANGES_MAX];
};

struct guest {
	char name[GUEST_NAME_MAX + 1];
	pid_t pid;
	int pidfd;
	unsigned long long start_time; /* clock ticks since boot */
	int root;                      /* O_PATH */
	dev_t root_device;
	ino_t root_inode;
	char cgroup[PATH_MAX];      /* as guest-open named it, below the devices hierarchy */
	char init_cgroup[PATH_MAX]; /* where init was then: `cgroup` or below it */
	struct id_map users, groups;
	bool binds;                 /* nodes are bound in from the staging file system */
	int staging;                /* this guest's folder there, O_PATH; -1 unless `binds` */
	int mounts, own_mounts;     /* mount namespaces of the guest and of this worker */
	int inotify;                /* the main process's, for inotify_add_watch only; -1 without */
};

/* The worker process: serves requests from `socket` until it closes. Never returns. */
void worker_main(const char *name, pid_t init, pid_t parent, int socket, int pidfd) __attribute__((noreturn));

/* ESRCH guest or ESTALE root, unless the guest still is what was opened. */
int guest_check(const struct guest *guest, struct failure *failure);
/* Whether `pid` is the init of a container with a root of its own; its start time and root are then known. */
bool guest_identify(struct guest *guest);
/* Whether a process is 1 in a PID namespace other than the first. */
bool is_container_init(pid_t pid);
/* Whether a process is in a PID namespace below the executor's. */
bool is_contained(pid_t pid);
bool guest_has_ended(const struct guest *guest);
/* Whether this cgroup may stand for a guest whose init is in `own`: that or one above it, but not the root. */
bool is_guests_cgroup(const char *cgroup, const char *own);
/* Where a process is in the devices hierarchy (v1, else v2): a path with a leading slash. 0 or -errno. */
int process_cgroup(pid_t pid, char *path, size_t size);
/* Field 22 of /proc/PID/stat. 0 or -errno. */
int process_start_time(pid_t pid, unsigned long long *start_time);

/* idmap.c. 0 or -errno; ENODATA: who made the user namespace has not written it yet. */
int id_map_read(pid_t pid, const char *file, struct id_map *map);
/* False: the map does not contain it. */
bool id_to_host(const struct id_map *map, unsigned int inside, unsigned int *outside);
/* What the guest sees: its overflow id 65534 for what is not its own. */
unsigned int id_to_guest(const struct id_map *map, unsigned int outside);
struct owner {
	unsigned int uid, gid; /* the host's numbers */
};
/* From two words of the request, the guest's numbers. */
int parse_owner(const struct guest *guest, const struct request *request, int word, struct owner *owner,
		struct failure *failure);

#endif
