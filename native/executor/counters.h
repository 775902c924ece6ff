/* What `status` shows. Everything counts up from the executor's start. */
#ifndef HOSTLER_COUNTERS_H
#define HOSTLER_COUNTERS_H

#define COUNTERS(X)                                            \
	X(UEVENTS_KERNEL, "uevents-kernel")                    \
	X(UEVENTS_UDEV, "uevents-udev")                        \
	X(UEVENTS_PASSED, "uevents-passed")                    \
	X(UEVENTS_FILTERED, "uevents-filtered")                \
	X(UEVENTS_FOLDED, "uevents-folded")                    \
	X(UEVENTS_UNREAD, "uevents-unread")                    \
	X(UEVENTS_OVERFLOWS, "uevents-overflows")              \
	X(UEVENTS_GAPS, "uevents-gaps")                        \
	X(WATCH_EVENTS, "watch-events")                        \
	X(WATCH_OVERFLOWS, "watch-overflows")                  \
	X(HOOK_MESSAGES, "hook-messages")                      \
	X(HOOK_REFUSED, "hook-refused")                        \
	X(DOOR_CONNECTIONS, "door-connections")                \
	X(DOOR_REFUSED, "door-refused")

#define COUNTER_ENUM(id, name) COUNT_##id,
enum counter { COUNTERS(COUNTER_ENUM) COUNTER_COUNT };

void count(enum counter counter);
/* uevents.c: what the kernel accounts for one socket's buffer, 0 before it is open. */
int uevents_buffer_bytes(void);

#endif
