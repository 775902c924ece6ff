/*
 * Nothing appears in a guest half made: it is built under TEMPORARY beside its place and renamed. A mount moves with the
 * name it lies on and goes with it, so the same holds for binds. A guest has one worker, so one temporary name is enough,
 * and what a killed worker left is found again.
 */
#ifndef HOSTLER_PUBLISH_H
#define HOSTLER_PUBLISH_H

#include <sys/stat.h>

#include "paths.h"

#define TEMPORARY ".hostler-new"

/* While it lasts: acts as the guest's root in the guest's own folders, without the host's powers. */
struct identity {
	bool changed;
};
struct identity identity_in(const struct guest *guest, const struct place *place);
/* In every folder: what is made then belongs to the guest's root. */
struct identity identity_of_root(const struct guest *guest);
void identity_end(const struct identity *identity);
#define autoidentity __attribute__((cleanup(identity_end)))

/* Removes what a killed worker left under the temporary name. */
void clear_temporary(int folder);
/* Renames TEMPORARY to the place. What is there already gives way if its type is `replaced` (S_IFMT bits), else EEXIST foreign. */
int publish(const struct guest *guest, const struct place *place, bool (*replaced)(mode_t), struct failure *failure);
bool is_node(mode_t mode);
bool is_link(mode_t mode);
bool is_file(mode_t mode);
bool is_nothing(mode_t mode);
/* Removes the name, and what is mounted on it: 0 or -errno. */
int withdraw(const struct guest *guest, const struct place *place, int flags);

#endif
