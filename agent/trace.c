/*
 * The entries of a trace.
 */
#include "trace.h"

#include <inttypes.h>
#include <uv.h>

#include "cleanup.h"
#include "log.h"

static const char *const ways[] = {[KH_TRACE_SAID] = "said", [KH_TRACE_TOLD] = "told"};

void kh_trace_begin(struct kh_trace *trace, int64_t session, kh_trace_take take, void *context)
{
	*trace = (struct kh_trace){.take = take, .context = context, .session = session, .began = uv_hrtime()};
}

void kh_trace_end(struct kh_trace *trace)
{
	kh_pseudonyms_finish(&trace->pseudonyms);
	*trace = (struct kh_trace){0};
}

bool kh_trace_runs(const struct kh_trace *trace)
{
	return trace && trace->take;
}

static bool wants(const struct kh_trace *trace, struct kh_entry_peer peer)
{
	return kh_trace_runs(trace) && (peer.page == 0 || peer.page != trace->session);
}

static void begin(const struct kh_trace *trace, struct kh_entry_peer peer, const char *what, struct kh_buffer *line)
{
	kh_entry_begin(line, (uv_hrtime() - trace->began) / 1000000, peer, what);
}

static bool give(struct kh_trace *trace, struct kh_buffer *line)
{
	kh_entry_end(line);
	return !line->failed && trace->take(trace->context, line);
}

/* That some are lost, where so: before the next one. */
static bool own_up(struct kh_trace *trace)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (trace->lost == 0)
		return true;
	begin(trace, (struct kh_entry_peer){0}, "lost", &line);
	kh_buffer_printf(&line, "%" PRId64, trace->lost);
	if (give(trace, &line))
		trace->lost = 0;
	return trace->lost == 0;
}

static void finish(struct kh_trace *trace, struct kh_buffer *line)
{
	if (own_up(trace) && give(trace, line))
		return;
	if (trace->lost++ == 0)
		kh_log(KH_LOG_INFO, "the trace is read too slowly: entries are lost");
}

void kh_trace_message(struct kh_trace *trace, struct kh_entry_peer peer, enum kh_trace_way way,
		      const struct kh_message *message)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (!wants(trace, peer))
		return;
	begin(trace, peer, ways[way], &line);
	kh_redact_message(&trace->pseudonyms, message, &line);
	finish(trace, &line);
}

void kh_trace_result(struct kh_trace *trace, struct kh_entry_peer peer, enum kh_trace_way way,
		     const struct kh_message *asked, const void *result)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (!wants(trace, peer))
		return;
	begin(trace, peer, ways[way], &line);
	kh_redact_result(&trace->pseudonyms, asked, result, &line);
	finish(trace, &line);
}

void kh_trace_error(struct kh_trace *trace, struct kh_entry_peer peer, enum kh_trace_way way,
		    const struct kh_message *asked, const struct kh_error *failure)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (!wants(trace, peer))
		return;
	begin(trace, peer, ways[way], &line);
	kh_redact_error(&trace->pseudonyms, asked, failure, &line);
	finish(trace, &line);
}

void kh_trace_fact(struct kh_trace *trace, struct kh_entry_peer peer, const char *what, const struct kh_type *type,
		   const void *value)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer line = {0};

	if (!wants(trace, peer))
		return;
	begin(trace, peer, what, &line);
	if (!type)
		kh_buffer_append_text(&line, "{}");
	else if (kh_redact(&trace->pseudonyms, type, value, &line) != KH_OK)
		kh_buffer_append_text(&line, "null");
	finish(trace, &line);
}
