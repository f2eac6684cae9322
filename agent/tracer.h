/*
 * diagnostics.trace: who may have a trace, where its entries go, and its end. Only the
 * agent's own page and the support tool may ask, one at a time. Entries are
 * diagnostics.entry to the connection that has asked; one that reads too slowly loses
 * some, and nobody waits for it. It ends with that connection.
 */
#ifndef KH_AGENT_TRACER_H
#define KH_AGENT_TRACER_H

#include "request.h"

void kh_tracer_start(struct kh_request *request);
/* A connection has gone. */
void kh_tracer_stop(struct kh_agent *agent, int64_t session);

#endif
