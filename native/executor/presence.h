/* Whether udevd runs: `event udevd up|gone`, without looking more than once at anything. */
#ifndef HOSTLER_PRESENCE_H
#define HOSTLER_PRESENCE_H

/* Looks for udevd and says what was found; from then on changes are said. */
void presence_look(void);
/* A message of udevd was verified: cheap while it is known to be up. */
void presence_heard(void);

#endif
