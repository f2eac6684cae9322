/*
 * Writing a trace's lines.
 */
#include "entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "field.h"

void kh_entry_begin(struct kh_buffer *line, uint64_t at, struct kh_entry_peer peer, const char *what)
{
	kh_buffer_printf(line, "{\"at\":%" PRIu64, at);
	if (peer.page != 0)
		kh_buffer_printf(line, ",\"page\":%" PRId64, peer.page);
	if (peer.host) {
		kh_buffer_append_text(line, ",\"host\":");
		line->failed = line->failed || !kh_json_append_text(line, peer.host, strlen(peer.host));
	}
	kh_buffer_printf(line, ",\"%s\":", what);
}

void kh_entry_end(struct kh_buffer *line)
{
	kh_buffer_append_text(line, "}");
}

int64_t kh_entry_lost(const char *line)
{
	int64_t lost;

	return sscanf(line, "{\"at\":%*[0-9],\"lost\":%" SCNd64, &lost) == 1 ? lost : 0;
}
