/* The verb `inits`: who is the outermost init of a PID namespace below a cgroup. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"
#include "processes.h"
#include "verbs.h"

struct search {
	int depth; /* how many PID namespaces `pid` is below the first; 0: none was found */
	pid_t pid;
	unsigned long long start_time;
};

static bool look_at(pid_t pid, void *context);

int verb_inits(const struct request *request, struct answer *answer, struct failure *failure)
{
	struct search search = { 0 };
	int error = processes_from_top(request->word[1], look_at, &search);

	if (error < 0) /* also where it was cut: what was found so far may run inside the guest */
		return fail(failure, -error, "cgroup", request->word[1]);
	if (search.depth > 0)
		answer_row(answer, "%d %llu", search.pid, search.start_time);
	answer_ok(answer, "%d", search.depth > 0);
	return 0;
}

/* NSpid has the number in every namespace from the reader's inwards; an init is 1 in its own and not in the first. */
static int init_depth(pid_t pid)
{
	char path[64], line[256], *last;
	int numbers = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status) && strncmp(line, "NSpid:", 6) != 0)
		;
	fclose(status);
	if (strncmp(line, "NSpid:", 6) != 0)
		return 0;
	for (const char *at = line; *at; at++)
		numbers += *at == '\t';
	last = strrchr(line, '\t');
	return numbers > 1 && strcmp(last, "\t1\n") == 0 ? numbers - 1 : 0;
}

/* Nobody is further out than one below the first. */
static bool look_at(pid_t pid, void *context)
{
	struct search *search = context;
	int depth = init_depth(pid);
	unsigned long long start_time;

	if (depth > 0 && (search->depth == 0 || depth < search->depth) && process_start_time(pid, &start_time) == 0) {
		search->depth = depth;
		search->pid = pid;
		search->start_time = start_time;
	}
	return search->depth != 1;
}
