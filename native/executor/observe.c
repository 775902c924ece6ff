#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "paths.h"
#include "verbs.h"

struct seen {
	char number[32], target[3 * PATH_MAX + 2];
};

static int observe_path(const struct guest *guest, const char *path, struct answer *answer);
static void describe(const struct guest *guest, int fd, const struct stat *file, struct seen *seen);
static const char *kind_word(mode_t mode);
static bool has_entries(int folder);

int guest_observe(struct guest *guest, const struct request *request, struct answer *answer,
		  struct failure *failure)
{
	for (int i = 2; i < request->words; i++)
		if (path_check(request->word[i], failure) < 0)
			return -1;
	for (int i = 2; i < request->words; i++)
		if (observe_path(guest, request->word[i], answer) < 0)
			return fail(failure, errno, "fstat", request->word[i]);
	answer_ok(answer, "%d", request->words - 2);
	return 0;
}

static int observe_path(const struct guest *guest, const char *path, struct answer *answer)
{
	autofd int fd = path_open(guest, path);
	static char word[3 * LINE_MAX_BYTES / 4];
	static struct seen seen;
	struct stat file;

	encode(path, word, sizeof(word));
	if (fd == -ENOENT) {
		answer_row(answer, "%s absent - - - - -", word);
		return 0;
	}
	if (fd < 0) {
		answer_row(answer, "%s refused - - - - %d", word, -fd);
		return 0;
	}
	if (fstat(fd, &file) < 0)
		return -1;
	describe(guest, fd, &file, &seen);
	answer_row(answer, "%s %s %s %04o %u %u %s", word, kind_word(file.st_mode), seen.number, file.st_mode & 07777,
		   id_to_guest(&guest->users, file.st_uid), id_to_guest(&guest->groups, file.st_gid), seen.target);
	return 0;
}

static void describe(const struct guest *guest, int fd, const struct stat *file, struct seen *seen)
{
	char target[PATH_MAX];
	struct statx mount;
	ssize_t length;
	bool bound;

	strcpy(seen->number, "-");
	strcpy(seen->target, "-");
	if (S_ISCHR(file->st_mode) || S_ISBLK(file->st_mode)) {
		bound = is_staged(guest, fd) || (statx(fd, "", AT_EMPTY_PATH, 0, &mount) == 0 &&
						(mount.stx_attributes & STATX_ATTR_MOUNT_ROOT));
		snprintf(seen->number, sizeof(seen->number), "%c:%u:%u", S_ISCHR(file->st_mode) ? 'c' : 'b',
			 major(file->st_rdev), minor(file->st_rdev));
		strcpy(seen->target, bound ? "bound" : "made");
	} else if (S_ISDIR(file->st_mode)) {
		strcpy(seen->target, has_entries(fd) ? "1" : "0");
	} else if (S_ISLNK(file->st_mode)) {
		length = readlinkat(fd, "", target, sizeof(target));
		if (length >= 0)
			encode_bytes(target, (size_t)length, seen->target, sizeof(seen->target));
	}
}

static const char *kind_word(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFDIR:
		return "folder";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "file";
	}
}

/* What cannot be read counts as full: only an empty folder may be taken away. */
static bool has_entries(int folder)
{
	autofd int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	char buffer[4096] __attribute__((aligned(8)));
	ssize_t size;

	while (fd >= 0 && (size = getdents64(fd, buffer, sizeof(buffer))) != 0) {
		if (size < 0)
			return true;
		for (const struct dirent64 *entry = (void *)buffer; (const char *)entry < buffer + size;
		     entry = (const void *)((const char *)entry + entry->d_reclen))
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				return true;
	}
	return fd < 0;
}
