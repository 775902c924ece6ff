#include "effort.h"

#include "executor.h"

enum { SEARCH_MS = 3000 };

struct effort effort_begin(void)
{
	return (struct effort){ .until = now_ms() + SEARCH_MS };
}

bool effort_goes_on(struct effort *effort)
{
	effort->is_late = effort->is_late || now_ms() > effort->until;
	return !effort->has_ended && !effort->is_late;
}
