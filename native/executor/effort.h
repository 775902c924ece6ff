/* How long a search goes on: until nothing more is wanted, or it is late. What was late has not seen all. */
#ifndef HOSTLER_EFFORT_H
#define HOSTLER_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

struct effort {
	uint64_t until; /* ms, as now_ms() */
	bool has_ended, is_late;
};
/* 3 s: whoever has much open or mounted shall not keep what others leave from being seen. */
struct effort effort_begin(void);
bool effort_goes_on(struct effort *effort);

#endif
