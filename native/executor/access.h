/* What a guest's cgroup lets it open. v1: the devices controller's files. v2: a program of ours over a map. */
#ifndef HOSTLER_ACCESS_H
#define HOSTLER_ACCESS_H

#include "guest.h"

/* A number, or a wildcard where a part is ANY; type 'a' is both. */
enum { ANY = -1, ALLOWANCES_MAX = 1024 /* in one request, and in a guest's map */ };
struct allowance {
	char type;
	long major, minor;
	unsigned int access; /* of ACCESS_* */
};
/* The kernel's own bits, BPF_DEVCG_ACC_*. */
enum { ACCESS_MKNOD = 1, ACCESS_READ = 2, ACCESS_WRITE = 4 };

/* `rw`: r, w, m in this order. */
bool parse_access(const char *word, unsigned int *access);
/* At least 4 bytes; returns `text`. */
const char *access_word(unsigned int access, char *text);
/*
 * The words from the third on, at most ALLOWANCES_MAX: `c:189:*:rw`, or `b:7:1:rw:4711`, whose disk has to be that one. The list
 * has room for one more, of type 0, which ends it.
 */
int read_allowances(const struct request *request, struct allowance *list, struct failure *failure);
/* `c:188:* rw`, and where it comes from: ` runtime` (its program), ` named` (an entry of a unit by path or name). */
void allowance_row(struct answer *answer, const struct allowance *allowance, const char *source);
/* null zero full random urandom tty console ptmx pts; ends with type 0. */
extern const struct allowance standard_set[];

/* open, confined-v1, confined-v2 or confined-unit */
const char *policy_word(const struct guest *guest);

/* devices_v1.c. 0 or a failure. */
bool v1_is_open(const struct guest *guest);
int v1_list(const struct guest *guest, struct answer *answer, struct failure *failure);
int v1_grant(const struct guest *guest, const struct allowance *allowance, struct failure *failure);
int v1_revoke(const struct guest *guest, const struct allowance *allowance, struct failure *failure);
int v1_confine(const struct guest *guest, struct failure *failure);

/* devices_v2.c. */
bool v2_is_open(const struct guest *guest);
int v2_list(const struct guest *guest, struct answer *answer, struct failure *failure);
int v2_grant(const struct guest *guest, const struct allowance *allowance, struct failure *failure);
int v2_revoke(const struct guest *guest, const struct allowance *allowance, struct failure *failure);
/* Replaces what is attached to the guest's cgroup; the list ends with type 0. */
int v2_adopt(const struct guest *guest, const struct allowance *allowances, struct failure *failure);
/* The same, but what nobody can read stays, also where it is alone: ours goes beside it. */
int v2_join(const struct guest *guest, const struct allowance *allowances, struct failure *failure);

/* devices_unit.c. The unit of systemd that the guest's cgroup is; NULL: it is none. */
const char *unit_of(const struct guest *guest);
/* The same for a path of a cgroup. */
const char *unit_at(const char *cgroup);
/* take_back.c. Whether it is the service of a machine, or one that a guest was opened in. */
bool unit_is_guests(const char *unit);
bool is_suffix(const char *name, const char *suffix);
int unit_list(const struct guest *guest, struct answer *answer, struct failure *failure);
int unit_grant(const struct guest *guest, const struct allowance *allowance, struct failure *failure);
int unit_revoke(const struct guest *guest, const struct allowance *allowance, struct failure *failure);
int unit_confine(const struct guest *guest, struct failure *failure);
/* Also of a unit that does not run; the list ends with type 0. */
int unit_take_back(const char *unit, const struct allowance *list, struct failure *failure);

#endif
