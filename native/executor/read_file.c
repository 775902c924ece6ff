#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "paths.h"
#include "verbs.h"

enum { READ_MAX = 32768, WORD_MAX = LINE_MAX_BYTES - 64 };

static int open_regular(const struct guest *guest, const char *path, struct failure *failure);

int guest_read_file(struct guest *guest, const struct request *request, struct answer *answer,
		    struct failure *failure)
{
	static char data[READ_MAX], word[WORD_MAX];
	const char *path = request->word[2];
	size_t filled = 0;
	ssize_t got = 1;

	if (path_check(path, failure) < 0)
		return -1;
	autofd int fd = open_regular(guest, path, failure);
	if (fd < 0)
		return -1;
	while (filled < sizeof(data) && (got = read(fd, data + filled, sizeof(data) - filled)) > 0)
		filled += (size_t)got;
	if (got < 0)
		return fail(failure, errno, "read", path);
	encode_bytes(data, filled, word, sizeof(word));
	answer_ok(answer, "%s", word);
	return 0;
}

/* Looked at before it is opened: the mere opening of a device can do something. */
static int open_regular(const struct guest *guest, const char *path, struct failure *failure)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	autofd int found = (int)syscall(SYS_openat2, guest->root, path, &how, sizeof(how));
	struct stat file;
	char self[64];
	int fd;

	if (found < 0)
		return fail(failure, errno, "openat2", path);
	if (fstat(found, &file) < 0 || !S_ISREG(file.st_mode))
		return fail(failure, EEXIST, "foreign", path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", found);
	fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? fail(failure, errno, "open", path) : fd;
}
