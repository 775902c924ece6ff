#include "quota_ratio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroups.h"
#include "limit_words.h"

/* Who makes cgroups as fast as they are looked at is not waited for. */
enum { ABOVE_MAX = 64, DEPTH_MAX = 16, TIMES = 3 };

static const char *const quota_file = "cpu.cfs_quota_us", *const period_file = "cpu.cfs_period_us";
static const char *const unlimited = "-1";

static bool is_too_much(const char *file, int error);
static int most_above(int cgroup, const char *value, char most[QUOTA_VALUE_BYTES]);
static void unlimit_below(int cgroup, int depth);
static bool read_number(int cgroup, const char *file, unsigned long *number);

int quota_raise(int cgroup, const char *file, const char *value)
{
	int error = cgroup_write(cgroup, file, value);
	char most[QUOTA_VALUE_BYTES];

	if (is_too_much(file, error) && most_above(cgroup, value, most) == 0)
		error = cgroup_write(cgroup, file, most);
	return error;
}

int quota_lower(int cgroup, const char *file, const char *value)
{
	int error = cgroup_write(cgroup, file, value);

	for (int times = 0; is_too_much(file, error) && times < TIMES; times++) {
		unlimit_below(cgroup, 0);
		error = cgroup_write(cgroup, file, value);
	}
	return error;
}

static bool is_too_much(const char *file, int error)
{
	return error == -EINVAL && strcmp(file, quota_file) == 0;
}

/* The share of the first above that has one. */
static int most_above(int cgroup, const char *value, char most[QUOTA_VALUE_BYTES])
{
	unsigned long wanted, period, quota_above, period_above;
	int above = dup(cgroup), depth = 0;
	bool is_found = false;

	while (above >= 0 && !is_found && depth++ < ABOVE_MAX) {
		int next = openat(above, "..", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		close(above);
		above = next;
		is_found = above >= 0 && read_number(above, quota_file, &quota_above) &&
			   read_number(above, period_file, &period_above);
	}
	close_fd(&above);
	if (!is_found || !parse_unsigned(value, ULONG_MAX, &wanted) || !read_number(cgroup, period_file, &period))
		return -EINVAL;
	quota_above = (unsigned long)((__uint128_t)quota_above * period / period_above);
	snprintf(most, QUOTA_VALUE_BYTES, "%lu", wanted < quota_above ? wanted : quota_above);
	return 0;
}

static void unlimit_below(int cgroup, int depth)
{
	int fd = depth < DEPTH_MAX ? openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!folder) {
		close_fd(&fd);
		return;
	}
	while ((entry = readdir(folder))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		autofd int below = openat(cgroup, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (below < 0)
			continue;
		(void)cgroup_write(below, quota_file, unlimited);
		unlimit_below(below, depth + 1);
	}
	closedir(folder);
}

/* False: there is none, which -1 is too. */
static bool read_number(int cgroup, const char *file, unsigned long *number)
{
	char text[QUOTA_VALUE_BYTES];

	if (cgroup_read(cgroup, file, text, sizeof(text)) <= 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	return parse_unsigned(text, ULONG_MAX, number) && *number > 0;
}
