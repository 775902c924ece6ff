/* Ends whoever is in a cgroup and below it. */
#ifndef HOSTLER_KILL_WHOLE_H
#define HOSTLER_KILL_WHOLE_H

#include "whole.h"

/* Until nobody is left, or for so long. How many are left then. It waits. */
int whole_kill(const struct whole *whole, unsigned int ms);

#endif
