/* The verbs `lease-cpu` and `freeze`: a guest has more CPU time than its quota, or stands still, as long as somebody says so again and again. */
#include <string.h>

#include "cgroups.h"
#include "lease.h"
#include "limited.h"
#include "verbs.h"

enum { SHORTEST_MS = 150, LONGEST_MS = 10000 };

static bool read_quota(const struct request *request, struct lease_word *word);
static bool read_ms(const char *text, struct lease_word *word);
static int thaw(struct guest *guest, const struct lease_word *word, struct failure *failure);

int verb_lease_cpu(const struct request *request, struct answer *answer, struct failure *failure)
{
	static struct guest guest;
	struct lease_word word = { 0 };

	(void)answer;
	if (!read_quota(request, &word) || !limited_read(request, &guest))
		return malformed(request, failure);
	if (word.ms == 0 && !lease_is_held(&guest, word.file))
		return 0; /* it is over */
	return lease_for(request, &guest, "cpu", &word, failure);
}

int verb_freeze(const struct request *request, struct answer *answer, struct failure *failure)
{
	static const struct lease_word v1 = { .file = "freezer.state", .value = "FROZEN", .afterwards = "THAWED" };
	static const struct lease_word v2 = { .file = "cgroup.freeze", .value = "1", .afterwards = "0" };
	static struct guest guest;
	const struct hierarchy *hierarchy = hierarchy_of("freezer");
	struct lease_word word = hierarchy && hierarchy->is_v1 ? v1 : v2;

	(void)answer;
	if (!read_ms(request->word[4], &word) || !limited_read(request, &guest))
		return malformed(request, failure);
	if (word.ms == 0 && !lease_is_held(&guest, word.file))
		return thaw(&guest, &word, failure);
	return lease_for(request, &guest, "freezer", &word, failure);
}

static bool read_quota(const struct request *request, struct lease_word *word)
{
	char *value = request->word[4];
	const char *file = strsep(&value, "="), *afterwards = request->word[5];

	if (!value || !is_quota_value(file, value) || !is_quota_value(file, afterwards) || !read_ms(request->word[6], word))
		return false;
	strcpy(word->file, file);
	strcpy(word->value, value);
	strcpy(word->afterwards, afterwards);
	return true;
}

static bool read_ms(const char *text, struct lease_word *word)
{
	unsigned long ms;

	if (!parse_unsigned(text, LONGEST_MS, &ms) || (ms != 0 && ms < SHORTEST_MS))
		return false;
	word->ms = (unsigned int)ms;
	return true;
}

/* Somebody froze it who was killed with his keeper. */
static int thaw(struct guest *guest, const struct lease_word *word, struct failure *failure)
{
	autofd int cgroup = limited_open_cgroup(guest, "freezer", word->file, failure);
	int error = cgroup < 0 ? 0 : cgroup_write(cgroup, word->file, word->afterwards);

	if (cgroup < 0)
		return -1;
	close_fd(&guest->pidfd);
	return error < 0 ? fail(failure, -error, "limit", word->file) : 0;
}
