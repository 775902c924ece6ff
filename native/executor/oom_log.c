#include "oom_log.h"

#include <string.h>

#include "executor.h"
#include "hierarchies.h"

enum { OTHERS_MAX = 64 };

static const char BEGIN[] = "oom-kill:constraint=";

struct record {
	bool continues;
	const char *text, *end;
};

static bool read_head(const char *record, size_t length, struct record *found);
static bool append(struct oom_log *log, const struct record *record);
static int lower_hex(char byte);
static bool read_kill(char *text, struct oom_kill *kill);
static bool cut_number(char *text, const char *key, unsigned long *number);
static char *find_comm(char *text);
static bool read_cgroups(const char *text, struct oom_kill *kill);
static bool copy_path(const char *from, const char *to, char path[PATH_MAX]);

/* What only looks like it is of another facility: who writes to /dev/kmsg cannot choose the kernel's. */
bool oom_log_take(struct oom_log *log, const char *record, size_t length, struct oom_kill *kill)
{
	struct record found;

	if (!read_head(record, length, &found))
		return false;
	if (!found.continues) {
		bool begins = (size_t)(found.end - found.text) >= sizeof(BEGIN) - 1 &&
			      memcmp(found.text, BEGIN, sizeof(BEGIN) - 1) == 0;

		if (begins || ++log->others > OTHERS_MAX)
			log->length = 0;
		if (!begins)
			return false;
		log->others = 0;
	}
	if ((found.continues && log->length == 0) || !append(log, &found) || !read_kill(log->text, kill))
		return false;
	log->length = 0;
	return true;
}

/* `PRIORITY,SEQUENCE,TIME,FLAGS[,...];TEXT\n`, and after that what else is known of it. */
static bool read_head(const char *record, size_t length, struct record *found)
{
	const char *end = record + length, *text = memchr(record, ';', length), *flags = record, *newline;
	unsigned int level = 0;

	if (!text)
		return false;
	while (flags < text && *flags >= '0' && *flags <= '9' && level < 8)
		level = level * 10 + (unsigned int)(*flags++ - '0');
	if (flags == record || *flags != ',' || level > 7)
		return false;
	for (int i = 0; i < 3 && flags; i++) {
		flags = memchr(flags, ',', (size_t)(text - flags));
		flags = flags ? flags + 1 : NULL;
	}
	newline = memchr(text, '\n', (size_t)(end - text));
	*found = (struct record){ flags && *flags == 'c', text + 1, newline ? newline : end };
	return flags;
}

/* Decoded: what is no printable ASCII is written \xHH. */
static bool append(struct oom_log *log, const struct record *record)
{
	const char *at = record->text;

	while (at < record->end && log->length + 1 < sizeof(log->text)) {
		int high = record->end - at >= 4 && at[0] == '\\' && at[1] == 'x' ? lower_hex(at[2]) : -1;
		int low = high < 0 ? -1 : lower_hex(at[3]);
		char byte = low < 0 ? *at : (char)(high << 4 | low);

		at += low < 0 ? 1 : 4;
		if (byte == '\0')
			break;
		log->text[log->length++] = byte;
	}
	log->text[log->length] = '\0';
	if (at == record->end)
		return true;
	log->length = 0;
	return false;
}

static int lower_hex(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* `...,oom_memcg=A,task_memcg=B,task=COMM,pid=N,uid=N`: from its end on, where no name stands any more. */
static bool read_kill(char *text, struct oom_kill *kill)
{
	unsigned long uid, pid;
	char copy[OOM_TEXT_BYTES], *comm;

	strcpy(copy, text);
	if (!cut_number(copy, ",uid=", &uid) || !cut_number(copy, ",pid=", &pid) || pid == 0 || pid > 1 << 22)
		return false;
	comm = find_comm(copy);
	if (!comm)
		return false;
	kill->pid = (pid_t)pid;
	strcpy(kill->comm, comm);
	comm[-(ssize_t)strlen(",task=")] = '\0';
	return read_cgroups(copy, kill);
}

static bool cut_number(char *text, const char *key, unsigned long *number)
{
	char *comma = strrchr(text, ',');

	if (!comma || strncmp(comma, key, strlen(key)) != 0 || !parse_unsigned(comma + strlen(key), UINT32_MAX, number))
		return false;
	*comma = '\0';
	return true;
}

/* The first that leaves no more than a name's length: one in the name itself must not lengthen the cgroup's path. */
static char *find_comm(char *text)
{
	char *key = text;

	while ((key = strstr(key, ",task="))) {
		key += strlen(",task=");
		if (strlen(key) < OOM_COMM_BYTES)
			return key;
	}
	return NULL;
}

/*
 * Before the first path only the name of a cpuset stands that somebody may have chosen, and a name has no slash. Of the places
 * where the second may begin that one is right which puts it below the first.
 */
static bool read_cgroups(const char *text, struct oom_kill *kill)
{
	static const char limit[] = ",oom_memcg=", host[] = ",global_oom,task_memcg=", task[] = ",task_memcg=";
	const char *of_limit = strstr(text, ",oom_memcg=/"), *of_host = strstr(text, ",global_oom,task_memcg=/");
	const char *end = text + strlen(text);

	if (of_host && (!of_limit || of_host < of_limit)) {
		kill->memcg[0] = '\0';
		return copy_path(of_host + sizeof(host) - 1, end, kill->cgroup);
	}
	for (const char *at = of_limit; at && (at = strstr(at + 1, ",task_memcg=/"));)
		if (copy_path(of_limit + sizeof(limit) - 1, at, kill->memcg) &&
		    copy_path(at + sizeof(task) - 1, end, kill->cgroup) && is_below(kill->cgroup, kill->memcg))
			return true;
	return false;
}

static bool copy_path(const char *from, const char *to, char path[PATH_MAX])
{
	size_t length = (size_t)(to - from);

	if (length >= PATH_MAX)
		return false;
	memcpy(path, from, length);
	path[length] = '\0';
	return true;
}
