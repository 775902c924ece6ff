#include <string.h>

#include "verbs.h"

#define HOST_ROW(name, function, least, most) { name, function, NULL, NULL, least, most, false },
#define GUEST_ROW(name, function, hook, least, most) { name, NULL, function, hook, least, most, false },
#define ACTION_ROW(name, function, hook, least, most) { name, NULL, function, hook, least, most, true },

static const struct verb verbs[] = { HOST_VERBS(HOST_ROW) GUEST_VERBS(GUEST_ROW) ACTION_VERBS(ACTION_ROW) };

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

bool verb_takes(const struct verb *verb, const struct request *request)
{
	int words = request->words - 1;

	return words >= verb->least && words <= verb->most;
}

bool verb_opens(const struct verb *verb)
{
	return verb->guest == guest_open;
}
