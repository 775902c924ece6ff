#include "claims.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroups.h"
#include "verbs.h"

/* Of the host, and not below /run/lock, where everybody may make a file of that name first. */
#define FILE_OF_ALL "/run/hostler.lock"

/* Never closed: that would end all claims. */
static int file = -1;

static off_t place_of(int folder);
static int refused(int error, struct flock *lock, struct failure *failure);

/* `claim-folder PATH`. */
int verb_claim_folder(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *path = request->word[1];
	autofd int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)answer;
	return folder < 0 ? fail(failure, errno, "open", path) : claim_take(place_of(folder), failure);
}

off_t claim_place(const char *cgroup)
{
	autofd int folder = cgroup_open(cgroup);

	return folder < 0 ? 0 : place_of(folder);
}

int claim_take(off_t place, struct failure *failure)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1 };

	if (place == 0)
		return 0;
	if (file < 0)
		file = open(FILE_OF_ALL, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return fail(failure, errno, "claim", FILE_OF_ALL);
	return fcntl(file, F_SETLK, &lock) == 0 ? 0 : refused(errno, &lock, failure);
}

void claim_drop(off_t place)
{
	struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = place, .l_len = 1 };

	if (place != 0 && file >= 0)
		(void)fcntl(file, F_SETLK, &lock);
}

/* A byte of the file for each; that two have the same one is as good as impossible. */
static off_t place_of(int folder)
{
	uint64_t hash = 14695981039346656037U; /* FNV-1a */
	struct stat seen;

	if (fstat(folder, &seen) < 0)
		return 0;
	for (int byte = 0; byte < 8; byte++)
		hash = (hash ^ (seen.st_dev >> 8 * byte & 255)) * 1099511628211U;
	for (int byte = 0; byte < 8; byte++)
		hash = (hash ^ (seen.st_ino >> 8 * byte & 255)) * 1099511628211U;
	return (off_t)(hash >> 2) + 1;
}

/* A process that cannot be seen from here is called 0. */
static int refused(int error, struct flock *lock, struct failure *failure)
{
	char pid[32];

	if (error != EAGAIN && error != EACCES)
		return fail(failure, error, "claim", FILE_OF_ALL);
	if (fcntl(file, F_GETLK, lock) < 0 || lock->l_type == F_UNLCK || lock->l_pid < 0)
		lock->l_pid = 0;
	snprintf(pid, sizeof(pid), "%d", lock->l_pid);
	return fail(failure, EBUSY, "claimed", pid);
}
