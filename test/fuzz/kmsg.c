/*
 * Any bytes as records of /dev/kmsg, one a line. Nothing may be read behind their end, and whatever is taken for a kill keeps
 * the parser's promises.
 */
#include <stdlib.h>
#include <string.h>

#include "executor.h"
#include "hierarchies.h"
#include "oom_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_kill(const struct oom_kill *kill)
{
	must(kill->pid > 0 && kill->pid <= 1 << 22 && strlen(kill->comm) < OOM_COMM_BYTES);
	must(kill->cgroup[0] == '/' && strlen(kill->cgroup) < PATH_MAX && strlen(kill->memcg) < PATH_MAX);
	must(!kill->memcg[0] || (kill->memcg[0] == '/' && is_below(kill->cgroup, kill->memcg)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct oom_log log;
	static struct oom_kill kill;

	memset(&log, 0, sizeof(log));
	while (size > 0) {
		const uint8_t *newline = memchr(data, '\n', size);
		size_t length = newline ? (size_t)(newline - data) + 1 : size;
		/* Of its own, so that a look behind its end is seen. */
		char *record = malloc(length);

		must(record);
		memcpy(record, data, length);
		if (oom_log_take(&log, record, length, &kill))
			must_be_kill(&kill);
		must(log.length < sizeof(log.text));
		free(record);
		data += length;
		size -= length;
	}
	return 0;
}
