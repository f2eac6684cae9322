/*
 * A page's connection: hello, requests, answers, notifications. Bad requests
 * are answered and the connection stays; what is not the protocol at all
 * closes it.
 */
#ifndef KH_AGENT_CONNECTION_H
#define KH_AGENT_CONNECTION_H

#include "agent.h"

struct kh_connection;

/* A request on its way through the daemon. It outlives its connection: then
 * the answer goes nowhere. Each is ended by exactly one of kh_request_result,
 * _json or _failure, which free it. */
struct kh_request {
	struct kh_agent *agent;
	int64_t session; /* the connection's number, never used again */
	struct kh_message message;
	char origin[KH_ORIGIN_MAX];
	char locale[36];
};

/* Whether the page is still there: nobody is asked for a PIN for one that is gone. */
bool kh_request_wanted(const struct kh_request *request);

void kh_request_result(struct kh_request *request, const void *result);
/* A result that is encoded already. */
void kh_request_json(struct kh_request *request, const char *json, size_t length);
void kh_request_failure(struct kh_request *request, const struct kh_error *error);
void kh_request_fail(struct kh_request *request, enum kh_code code);
/* renewal.progress to the page that asked and to others of its origin, who may
 * watch, each in its language. text is of x-texts. */
void kh_request_progress(struct kh_request *request, const char *order, int step, int of, const char *text);

/* A notification to every page that has said hello. */
void kh_connections_notify(struct kh_agent *agent, enum kh_method_id method, const void *params);
/* Ends the logins of sessions that are gone and have nothing left to do. */
void kh_connections_settle(struct kh_agent *agent, int64_t session);

/* For the server; context is the agent. */
extern const struct kh_socket_events kh_connection_events;

#endif
