/* Values of a guest's control files for a while: who ends that is a process of its own, since this one may be killed at any moment. */
#ifndef HOSTLER_LEASE_H
#define HOSTLER_LEASE_H

#include "guest.h"
#include "lease_keeper.h"

bool lease_is_held(const struct guest *guest, const char *file);
/* As the word says, whose number is given here: ANSWERED_LATER, or a failure. `controller`: of the file's hierarchy. */
int lease_for(const struct request *request, struct guest *guest, const char *controller, struct lease_word *word,
	      struct failure *failure);

#endif
