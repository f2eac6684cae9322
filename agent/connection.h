/*
 * A page's connection: hello, requests, answers, notifications. Bad requests
 * are answered and the connection stays; what is not the protocol at all
 * closes it.
 */
#ifndef KH_AGENT_CONNECTION_H
#define KH_AGENT_CONNECTION_H

#include "request.h"

/* renewal.progress to the page that asked and to others of its origin, who may
 * watch, each in its language. text is of x-texts. */
void kh_connections_progress(struct kh_request *request, const char *order, int step, int of, const char *text);

/* A notification to every page that has said hello. */
void kh_connections_notify(struct kh_agent *agent, enum kh_method_id method, const void *params);
/* Ends the logins of sessions that are gone and have nothing left to do. */
void kh_connections_settle(struct kh_agent *agent, int64_t session);

/* For request.c: whether a session is connected, and the answer to one of its
 * requests in parts; none: there was no memory for it. */
bool kh_connection_is_open(struct kh_agent *agent, int64_t session);
void kh_connection_answer(struct kh_agent *agent, int64_t session, const char *const parts[], const size_t lengths[],
			  size_t count);

/* For the server; context is the agent. */
extern const struct kh_socket_events kh_connection_events;

#endif
