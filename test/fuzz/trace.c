/*
 * Any bytes as a trace, in pieces of as many bytes as the first one says. Nothing may be read behind their end, and whatever is
 * taken keeps the parser's promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trace_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void take_piece(struct trace_lines *lines, const uint8_t *data, size_t size)
{
	/* Of its own, so that a look behind its end is seen. */
	char *piece = malloc(size);
	const char *at = piece;
	struct trace_line found;

	must(piece);
	memcpy(piece, data, size);
	while (trace_line_take(lines, &at, piece + size, &found)) {
		must((found.thread > 0) != (found.lost > 0));
		must(found.thread <= TRACE_PID_MAX);
	}
	must(at == piece + size && lines->length < sizeof(lines->text));
	free(piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trace_lines lines;
	size_t most = size > 0 && data[0] > 0 ? data[0] : 1;

	memset(&lines, 0, sizeof(lines));
	for (size_t at = 1; at < size; at += most)
		take_piece(&lines, data + at, size - at < most ? size - at : most);
	return 0;
}
