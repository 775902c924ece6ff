/* The verbs `journal` and `notify`: one datagram each, lost rather than waited for. */
#include <stdlib.h>
#include <string.h>

#include "../systemd-journal/datagram.h"
#include "executor.h"
#include "verbs.h"

static const char journal_socket[] = "/run/systemd/journal/socket";

/* A line holds at most LINE_MAX_BYTES; a field grows by its length's eight bytes. */
static char entry[LINE_MAX_BYTES + 8 * WORDS_MAX];

int verb_journal(const struct request *request, struct answer *answer, struct failure *failure)
{
	size_t length = 0;
	int error;

	(void)answer;
	for (int i = 1; i < request->words; i++) {
		size_t used = journal_field(request->word[i], entry + length, sizeof(entry) - length);

		if (used == 0)
			return malformed(request, failure);
		length += used;
	}
	error = datagram_send_large(journal_socket, entry, length);
	return error < 0 ? fail(failure, -error, "sendmsg", journal_socket) : 0;
}

/* Without a manager that listens there is nobody to tell, and nothing wrong. */
int verb_notify(const struct request *request, struct answer *answer, struct failure *failure)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int error;

	(void)answer;
	if (!path || !*path)
		return 0;
	error = datagram_send(path, request->word[1], strlen(request->word[1]));
	return error < 0 ? fail(failure, -error, "sendmsg", path) : 0;
}
