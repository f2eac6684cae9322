/*
 * The pages that are connected: what each has said of itself, and what is sent
 * to them. What they send is read in inbox.c.
 */
#ifndef KH_AGENT_CONNECTION_H
#define KH_AGENT_CONNECTION_H

#include "agent.h"

struct kh_connection {
	struct kh_connection *next;
	struct kh_agent *agent;
	struct kh_socket *socket;
	int64_t session;   /* never used again */
	uv_timer_t *timer; /* until hello */
	bool greeted;
	bool background;   /* no key is polled for it */
	unsigned requests; /* on their way */
	char origin[KH_ORIGIN_MAX + 1];
	char locale[KH_LOCALE_MAX + 1];
};

/* Sends a message; closes the connection where there was no memory for it. */
void kh_connection_say(struct kh_connection *connection, const struct kh_buffer *text);

/* Sends a message to a session's page; false: it is gone, or that would be more than
 * so many bytes that wait for it. */
KH_CHECKED bool kh_connection_try(struct kh_agent *agent, int64_t session, const struct kh_buffer *text, size_t most);

bool kh_connection_is_open(const struct kh_agent *agent, int64_t session);
/* Ends one of a session's requests with the answer; where the session is gone
 * the answer goes nowhere. */
void kh_connection_answer(struct kh_agent *agent, int64_t session, const struct kh_buffer *text);

/* renewal.progress to the page that asked and to others of its origin, who may
 * watch, each in its language. text is of x-texts. */
void kh_connections_progress(struct kh_agent *agent, const char *origin, const char *order, int step, int of,
			     const char *text);

/* A notification to every page that has said hello; own_only: to our own page and programs. */
void kh_connections_notify(struct kh_agent *agent, bool own_only, enum kh_method_id method, const void *params);
/* Ends a session's logins when its page is gone and it has nothing left to do. */
void kh_connections_settle(struct kh_agent *agent, int64_t session);

#endif
