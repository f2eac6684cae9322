/*
 * The trace that somebody of this computer has asked for (tracer.h): every message
 * between pages, daemon and token hosts and every PKCS#11 call, redacted; the form of
 * its entries is protocol/entry.h. Where nobody has asked each of these functions
 * returns at once.
 */
#ifndef KH_AGENT_TRACE_H
#define KH_AGENT_TRACE_H

#include "entry.h"
#include "redact.h"

/* Takes an entry. False: there is no room for it now; it is lost and counted. */
typedef bool (*kh_trace_take)(void *context, const struct kh_buffer *line);

/* Zeroed: nobody traces. */
struct kh_trace {
	kh_trace_take take; /* NULL: nobody */
	void *context;
	int64_t session; /* whose it is; what it hears and says is not in it */
	uint64_t began;	 /* ns */
	int64_t lost;	 /* since an entry was taken last */
	struct kh_pseudonyms pseudonyms;
};

enum kh_trace_way { KH_TRACE_SAID, KH_TRACE_TOLD }; /* to the daemon, by the daemon */

void kh_trace_begin(struct kh_trace *trace, int64_t session, kh_trace_take take, void *context);
void kh_trace_end(struct kh_trace *trace);
/* trace may be NULL. */
bool kh_trace_runs(const struct kh_trace *trace);

void kh_trace_message(struct kh_trace *trace, struct kh_entry_peer peer, enum kh_trace_way way,
		      const struct kh_message *message);
/* asked: what it answers; without a method where that could not be read. */
void kh_trace_result(struct kh_trace *trace, struct kh_entry_peer peer, enum kh_trace_way way,
		     const struct kh_message *asked, const void *result);
void kh_trace_error(struct kh_trace *trace, struct kh_entry_peer peer, enum kh_trace_way way,
		    const struct kh_message *asked, const struct kh_error *failure);
/* A row of entry.h by its name; type NULL: {}. */
void kh_trace_fact(struct kh_trace *trace, struct kh_entry_peer peer, const char *what, const struct kh_type *type,
		   const void *value);

#endif
