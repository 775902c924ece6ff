#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "cgroups.h"
#include "diskseq.h"
#include "nodes.h"
#include "verbs.h"

enum { ALL = ACCESS_READ | ACCESS_WRITE | ACCESS_MKNOD };

const struct allowance standard_set[] = {
	{ 'c', 1, 3, ALL }, { 'c', 1, 5, ALL }, { 'c', 1, 7, ALL }, { 'c', 1, 8, ALL },     { 'c', 1, 9, ALL },
	{ 'c', 5, 0, ALL }, { 'c', 5, 1, ALL }, { 'c', 5, 2, ALL }, { 'c', 136, ANY, ALL }, { 0 },
};

static int give_program(struct guest *guest, const struct request *request,
			int (*give)(const struct guest *, const struct allowance *, struct failure *), struct failure *failure);
static bool is_v1(void);
static bool is_unit(const struct guest *guest);
static bool is_open(const struct guest *guest);
static int read_change(const struct request *request, struct allowance *change, struct failure *failure);
static int read_allowance(const struct request *request, const char *word, struct allowance *allowance,
			  struct failure *failure);
static bool parse_allowance(char *word, struct allowance *allowance, const char **diskseq);
static bool parse_part(const char *word, unsigned long max, long *part);

int guest_grants(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	if (is_v1())
		return v1_list(guest, answer, failure);
	/* What systemd would allow confines nobody as long as it has attached no program. */
	return is_unit(guest) && !is_open(guest) ? unit_list(guest, answer, failure) : v2_list(guest, answer, failure);
}

int guest_grant(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	struct device_number number;
	struct allowance change;

	(void)answer;
	if (read_change(request, &change, failure) < 0)
		return -1;
	number = (struct device_number){ change.type, (unsigned int)change.major, (unsigned int)change.minor };
	if (number_check(&number, request->word[2], failure) < 0 ||
	    diskseq_check(request, &number, optional_word(request, 4), failure) < 0)
		return -1;
	if (is_open(guest))
		return 0;
	if (is_unit(guest) && unit_grant(guest, &change, failure) < 0)
		return -1;
	/* systemd writes v1's files of the unit itself, not those of what is below it. */
	if (is_v1())
		return v1_grant(guest, &change, failure);
	return is_unit(guest) ? 0 : v2_grant(guest, &change, failure);
}

int guest_revoke(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	struct allowance change;

	(void)answer;
	if (read_change(request, &change, failure) < 0)
		return -1;
	if (is_open(guest))
		return 0;
	if (is_unit(guest) && unit_revoke(guest, &change, failure) < 0)
		return -1;
	if (is_v1())
		return v1_revoke(guest, &change, failure);
	return is_unit(guest) ? 0 : v2_revoke(guest, &change, failure);
}

int guest_confine(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)request;
	(void)answer;
	if (!is_open(guest))
		return 0;
	if (is_v1())
		return v1_confine(guest, failure);
	return is_unit(guest) ? unit_confine(guest, failure) : v2_adopt(guest, standard_set, failure);
}

int guest_adopt_program(struct guest *guest, const struct request *request, struct answer *answer,
			struct failure *failure)
{
	(void)answer;
	return give_program(guest, request, v2_adopt, failure);
}

int guest_join_program(struct guest *guest, const struct request *request, struct answer *answer, struct failure *failure)
{
	(void)answer;
	return give_program(guest, request, v2_join, failure);
}

const char *policy_word(const struct guest *guest)
{
	if (is_open(guest))
		return "open";
	if (is_unit(guest))
		return "confined-unit";
	return is_v1() ? "confined-v1" : "confined-v2";
}

bool parse_access(const char *word, unsigned int *access)
{
	static const struct {
		char letter;
		unsigned int bit;
	} order[] = { { 'r', ACCESS_READ }, { 'w', ACCESS_WRITE }, { 'm', ACCESS_MKNOD } };

	*access = 0;
	for (int i = 0; i < 3; i++) {
		if (*word != order[i].letter)
			continue;
		*access |= order[i].bit;
		word++;
	}
	return *access != 0 && *word == '\0';
}

const char *access_word(unsigned int access, char *text)
{
	snprintf(text, 4, "%s%s%s", access & ACCESS_READ ? "r" : "", access & ACCESS_WRITE ? "w" : "",
		 access & ACCESS_MKNOD ? "m" : "");
	return text;
}

void allowance_row(struct answer *answer, const struct allowance *allowance, const char *source)
{
	char number[64], word[200], access[4];
	int used = snprintf(number, sizeof(number), "%c:", allowance->type);

	used += allowance->major == ANY ? snprintf(number + used, 16, "*:") :
					  snprintf(number + used, 16, "%ld:", allowance->major);
	if (allowance->minor == ANY)
		snprintf(number + used, 16, "*");
	else
		snprintf(number + used, 16, "%ld", allowance->minor);
	answer_row(answer, "%s %s%s", encode(number, word, sizeof(word)), access_word(allowance->access, access), source);
}

int read_allowances(const struct request *request, struct allowance *list, struct failure *failure)
{
	int count = request->words - 2;

	if (count > ALLOWANCES_MAX)
		return fail(failure, E2BIG, "entries", request->word[1]);
	memset(list, 0, sizeof(*list) * (ALLOWANCES_MAX + 1));
	for (int i = 0; i < count; i++)
		if (read_allowance(request, request->word[i + 2], &list[i], failure) < 0)
			return -1;
	return 0;
}

static int read_allowance(const struct request *request, const char *word, struct allowance *allowance,
			  struct failure *failure)
{
	struct device_number number;
	const char *diskseq;
	char copy[64];

	if (strlen(word) >= sizeof(copy))
		return malformed(request, failure);
	strcpy(copy, word);
	if (!parse_allowance(copy, allowance, &diskseq) || (diskseq && allowance->minor == ANY))
		return malformed(request, failure);
	number = (struct device_number){ allowance->type, (unsigned int)allowance->major, (unsigned int)allowance->minor };
	return diskseq_check(request, &number, diskseq, failure);
}

static int give_program(struct guest *guest, const struct request *request,
			int (*give)(const struct guest *, const struct allowance *, struct failure *), struct failure *failure)
{
	static struct allowance list[ALLOWANCES_MAX + 1];

	if (read_allowances(request, list, failure) < 0)
		return -1;
	if (is_v1() || is_unit(guest))
		return fail(failure, EOPNOTSUPP, "cgroup", guest->cgroup);
	return give(guest, list, failure);
}

static bool is_v1(void)
{
	const struct hierarchy *hierarchy = devices_hierarchy();

	return hierarchy && hierarchy->is_v1;
}

static bool is_unit(const struct guest *guest)
{
	return unit_of(guest) != NULL;
}

static bool is_open(const struct guest *guest)
{
	return is_v1() ? v1_is_open(guest) : v2_is_open(guest);
}

static int read_change(const struct request *request, struct allowance *change, struct failure *failure)
{
	struct device_number number;

	if (!parse_number(request->word[2], &number) || !parse_access(request->word[3], &change->access))
		return malformed(request, failure);
	change->type = number.type;
	change->major = number.major;
	change->minor = number.minor;
	return 0;
}

/* `c:189:*:rw`, `b:7:1:rw:4711` */
static bool parse_allowance(char *word, struct allowance *allowance, const char **diskseq)
{
	char *rest = word, *type = strsep(&rest, ":"), *major = strsep(&rest, ":"), *minor = strsep(&rest, ":");
	char *access = strsep(&rest, ":");

	*diskseq = rest;
	if (!access || strlen(type) != 1 || !strchr("abc", type[0]))
		return false;
	allowance->type = type[0];
	return parse_part(major, 4095, &allowance->major) && parse_part(minor, 1048575, &allowance->minor) &&
	       parse_access(access, &allowance->access) &&
	       (allowance->major != ANY || allowance->minor == ANY);
}

static bool parse_part(const char *word, unsigned long max, long *part)
{
	unsigned long value;

	*part = ANY;
	if (strcmp(word, "*") == 0)
		return true;
	if (!parse_unsigned(word, max, &value))
		return false;
	*part = (long)value;
	return true;
}
