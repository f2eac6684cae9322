/*
 * A request on its way through the daemon. It outlives its connection: then
 * the answer goes nowhere. Each is ended by exactly one of kh_request_result,
 * _failure or _fail, which free it.
 */
#ifndef KH_AGENT_REQUEST_H
#define KH_AGENT_REQUEST_H

#include "agent.h"

struct kh_request {
	struct kh_agent *agent;
	int64_t session; /* the connection's number, never used again */
	struct kh_message message;
	char origin[KH_ORIGIN_MAX + 1];
	char locale[KH_LOCALE_MAX + 1];
};

/* Whether the page is still there: nobody is asked for a PIN for one that is gone. */
bool kh_request_wanted(const struct kh_request *request);

void kh_request_result(struct kh_request *request, const void *result);
void kh_request_failure(struct kh_request *request, const struct kh_error *error);
void kh_request_fail(struct kh_request *request, enum kh_code code);

#endif
