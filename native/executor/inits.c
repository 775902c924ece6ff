/* The verb `inits`: who is init of a PID namespace below a cgroup. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "processes.h"
#include "verbs.h"

enum { INITS_MAX = 4096 };

struct inits {
	int count;
	struct init {
		pid_t pid;
		int depth; /* how many PID namespaces it is below the first */
		unsigned long long start_time;
	} init[INITS_MAX];
};

static bool take_init(pid_t pid, void *context);
static int outermost_first(const void *left, const void *right);

int verb_inits(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct inits inits;
	int error;

	inits.count = 0;
	error = processes_below(request->word[1], take_init, &inits);
	if (error < 0)
		return fail(failure, -error, "cgroup", request->word[1]);
	qsort(inits.init, (size_t)inits.count, sizeof(*inits.init), outermost_first);
	for (int i = 0; i < inits.count; i++)
		answer_row(answer, "%d %llu", inits.init[i].pid, inits.init[i].start_time);
	answer_ok(answer, "%d", inits.count);
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

static bool take_init(pid_t pid, void *context)
{
	struct inits *inits = context;
	struct init *init = &inits->init[inits->count];
	int depth = init_depth(pid);

	if (depth == 0 || process_start_time(pid, &init->start_time) < 0)
		return true;
	init->pid = pid;
	init->depth = depth;
	return ++inits->count < INITS_MAX;
}

static int outermost_first(const void *left, const void *right)
{
	const struct init *a = left, *b = right;

	return a->depth != b->depth ? a->depth - b->depth : a->pid - b->pid;
}
