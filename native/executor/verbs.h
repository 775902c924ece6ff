/*
 * The verb table. Host verbs run in the main process and must not block; guest verbs run in the guest's worker, whose
 * first word is the guest's name. The numbers are the least and the most words after the verb.
 *
 * A guest verb may have a row hook: its rows are then not for the agent but for the main process, which calls the hook
 * for each of them, in order, before it forwards the ok. (`watch` tells its watch descriptors this way.)
 * What the hook has no room for fails the request.
 */
#ifndef HOSTLER_VERBS_H
#define HOSTLER_VERBS_H

#include "executor.h"

/* False: no room. */
typedef bool row_fn(const char *guest, int words, char **word);

#define HOST_VERBS(X)                                          \
	X("uevents", verb_uevents, 1, WORDS_MAX)               \
	X("watch-host", verb_watch_host, 2, 2)                 \
	X("watch-program", verb_watch_program, 2, 2)           \
	X("watch-runs", verb_watch_runs, 2, 2)                 \
	X("watch-file", verb_watch_file, 2, 2)                 \
	X("unwatch-host", verb_unwatch_host, 1, 1)             \
	X("trigger", verb_trigger, 3, 3)                       \
	X("untrigger", verb_untrigger, 1, 1)                   \
	X("kernel-log", verb_kernel_log, 0, 0)                 \
	X("trace-refusals", verb_trace_refusals, 0, 0)         \
	X("untrace-refusals", verb_untrace_refusals, 0, 0)     \
	X("inits", verb_inits, 1, 1)                           \
	X("hook-socket", verb_hook_socket, 1, 1)               \
	X("hook-answer", verb_hook_answer, 3, 3)               \
	X("door", verb_door, 3, 3)                             \
	X("journal", verb_journal, 1, WORDS_MAX)               \
	X("notify", verb_notify, 1, 1)                         \
	X("systemd", verb_systemd, 0, 0)                       \
	X("inhibit", verb_inhibit, 0, 0)                       \
	X("uninhibit", verb_uninhibit, 0, 0)                   \
	X("take-back", verb_take_back, 2, WORDS_MAX)           \
	X("claim-folder", verb_claim_folder, 1, 1)             \
	X("limit", verb_limit, 4, WORDS_MAX)                   \
	X("limit-by-force", verb_limit_by_force, 4, WORDS_MAX) \
	X("limit-unit", verb_limit_unit, 4, WORDS_MAX)         \
	X("grant-cpu", verb_grant_cpu, 4, 5)                   \
	X("lease-cpu", verb_lease_cpu, 6, 6)                   \
	X("freeze", verb_freeze, 4, 4)                         \
	X("limit-data", verb_limit_data, 4, 14)                \
	X("data-held", verb_data_held, 3, 3)                   \
	X("share-data", verb_share_data, 4, 4)                 \
	X("init-state", verb_init_state, 3, 3)                 \
	X("halt", verb_halt, 4, 5)                             \
	X("kill-guest", verb_kill_guest, 4, 4)                 \
	X("watch-end", verb_watch_end, 4, 5)                   \
	X("unwatch-end", verb_unwatch_end, 1, 1)               \
	X("terminate", verb_terminate, 3, 3)                   \
	X("evidence", verb_evidence, 3, 4)                     \
	X("belongings", verb_belongings, 3, 8)                 \
	X("leavings", verb_leavings, 1, WORDS_MAX)             \
	X("take-away", verb_take_away, 3, 4)                   \
	X("clear-pivot", verb_clear_pivot, 1, WORDS_MAX)       \
	X("start-guest", verb_start_guest, 2, 3)               \
	X("reach", verb_reach, 5, 5)                           \
	X("hear-ready", verb_hear_ready, 5, 5)                 \
	X("run-inside", verb_run_inside, 5, WORDS_MAX)         \
	X("probe-refill", verb_probe_refill, 0, 0)             \
	X("status", verb_status, 0, 0)                         \
	X("guest-close", verb_guest_close, 1, 1)

/* They change nothing in the guest. */
#define GUEST_VERBS(X)                                      \
	X("guest-open", guest_open, take_back_on_row, 3, 3) \
	X("observe", guest_observe, NULL, 1, WORDS_MAX)     \
	X("read-file", guest_read_file, NULL, 2, 2)         \
	X("grants", guest_grants, NULL, 1, 1)               \
	X("watch", guest_watch, watch_on_row, 1, WORDS_MAX) \
	X("holders", guest_holders, NULL, 2, 2)             \
	X("verify", guest_verify, NULL, 3, 3)

#define ACTION_VERBS(X)                                             \
	X("grant", guest_grant, NULL, 3, 4)                         \
	X("revoke", guest_revoke, NULL, 3, 3)                       \
	X("confine", guest_confine, NULL, 1, 1)                     \
	X("adopt-program", guest_adopt_program, NULL, 1, WORDS_MAX) \
	X("join-program", guest_join_program, NULL, 1, WORDS_MAX)   \
	X("make-folder", guest_make_folder, NULL, 2, 2)             \
	X("remove-folder", guest_remove_folder, NULL, 2, 2)         \
	X("make-node", guest_make_node, NULL, 6, 7)                 \
	X("set-node", guest_set_node, NULL, 6, 6)                   \
	X("remove-node", guest_remove_node, NULL, 3, 3)             \
	X("make-link", guest_make_link, NULL, 3, 3)                 \
	X("remove-link", guest_remove_link, NULL, 3, 3)             \
	X("tell", guest_tell, uevents_on_row, 5, WORDS_MAX)         \
	X("let-listen", guest_let_listen, NULL, 1, 1)               \
	X("signal", guest_signal, NULL, 4, 4)

#define DECLARE_HOST_VERB(name, function, least, most) verb_fn function;
#define DECLARE_GUEST_VERB(name, function, hook, least, most) guest_verb_fn function;
HOST_VERBS(DECLARE_HOST_VERB)
GUEST_VERBS(DECLARE_GUEST_VERB)
ACTION_VERBS(DECLARE_GUEST_VERB)
row_fn watch_on_row;
row_fn uevents_on_row;
row_fn take_back_on_row;

/* What watch.c owes the main process and the workers. */
int watch_open(void);                                        /* before any fork; -errno */
int watch_fd(void) __attribute__((weak));                    /* the one inotify descriptor; -1: none could be had */
void watch_drain(void) __attribute__((weak));                /* emits what is readable now */
void watch_forget(const char *guest) __attribute__((weak));  /* the guest's worker has ended */

struct verb {
	const char *name;
	verb_fn *host;
	guest_verb_fn *guest; /* exactly one of the two */
	row_fn *on_row;
	int least, most;
	bool changes; /* only a guest that no other executor has claimed */
};

/* NULL: no such verb. */
const struct verb *verb_find(const char *name);
/* Makes the worker that it runs in. */
bool verb_opens(const struct verb *verb);
bool verb_takes(const struct verb *verb, const struct request *request);

#endif
