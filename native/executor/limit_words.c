#include "limit_words.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "executor.h"

static bool is_amount(const char *word);
static bool is_pair(char *value);
static bool is_device_line(char *value);
static bool is_device_amount(char *value);
static bool is_device(const char *word);

bool is_limit_file(const char *file)
{
	static const char *const files[] = {
		"memory.min", "memory.low", "memory.high", "memory.max", "memory.swap.max", "memory.oom.group",
		"memory.reclaim", "memory.soft_limit_in_bytes", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes",
		"cpu.max", "cpu.max.burst", "cpu.weight", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.cfs_burst_us",
		"cpu.shares", "io.weight", "io.max", "blkio.bfq.weight", "blkio.throttle.read_bps_device",
		"blkio.throttle.write_bps_device", "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device",
		"pids.max", "cgroup.freeze", "freezer.state",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i], file) == 0)
			return true;
	return false;
}

bool is_limit_value(const char *file, const char *value)
{
	char copy[LIMIT_VALUE_BYTES];

	if (strlen(value) >= sizeof(copy))
		return false;
	strcpy(copy, value);
	if (strcmp(file, "io.max") == 0)
		return is_device_line(copy);
	if (strncmp(file, "blkio.throttle.", strlen("blkio.throttle.")) == 0)
		return is_device_amount(copy);
	if (strcmp(file, "freezer.state") == 0)
		return strcmp(value, "FROZEN") == 0 || strcmp(value, "THAWED") == 0;
	return is_amount(value) || is_pair(copy);
}

bool is_quota_value(const char *file, const char *value)
{
	bool is_alone = strcmp(file, "cpu.cfs_quota_us") == 0;
	char copy[QUOTA_VALUE_BYTES], *rest = copy, *quota;
	unsigned long number;

	if ((!is_alone && strcmp(file, "cpu.max") != 0) || strlen(value) >= sizeof(copy))
		return false;
	strcpy(copy, value);
	quota = strsep(&rest, " ");
	return parse_unsigned(quota, ULONG_MAX, &number) &&
	       (!rest || (!is_alone && parse_unsigned(rest, ULONG_MAX, &number)));
}

void controller_of(const char *file, char controller[CONTROLLER_BYTES])
{
	snprintf(controller, CONTROLLER_BYTES, "%.*s", (int)strcspn(file, "."), file);
}

/* The kernel would take 18446744073709551616 and 0x10 for 0. */
static bool is_amount(const char *word)
{
	unsigned long number;

	return strcmp(word, "max") == 0 || strcmp(word, "-1") == 0 || parse_unsigned(word, ULONG_MAX, &number);
}

static bool is_pair(char *value)
{
	const char *first = strsep(&value, " ");

	return value && (is_amount(first) || strcmp(first, "default") == 0) && is_amount(value);
}

static bool is_device_line(char *value)
{
	static const char *const keys[] = { "rbps", "wbps", "riops", "wiops" };
	const char *device = strsep(&value, " ");
	bool is_known = value;
	char *word;

	if (!is_device(device))
		return false;
	while (is_known && (word = strsep(&value, " "))) {
		const char *key = strsep(&word, "=");

		is_known = false;
		for (size_t i = 0; word && i < sizeof(keys) / sizeof(keys[0]); i++)
			is_known |= strcmp(keys[i], key) == 0 && is_amount(word);
	}
	return is_known;
}

/* Of v1, which has a file for each kind of limit; 0 is none. */
static bool is_device_amount(char *value)
{
	const char *device = strsep(&value, " ");
	unsigned long amount;

	return value && is_device(device) && parse_unsigned(value, ULONG_MAX, &amount);
}

static bool is_device(const char *word)
{
	struct device_number device;
	char number[32];

	snprintf(number, sizeof(number), "b:%s", word);
	return parse_number(number, &device);
}
