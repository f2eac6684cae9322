/*
 * Which method is answered by whom: one table. Also the answers that are a
 * question to the token hosts and no more.
 */
#ifndef KH_AGENT_DISPATCH_H
#define KH_AGENT_DISPATCH_H

#include "connection.h"

/* Answers a request of a page that has said hello. */
void kh_dispatch(struct kh_request *request);

/* The token of a URI, looked up anew when it is not known. Then module and
 * token are set, else error; they hold until the loop goes on. */
typedef void (*kh_resolved)(void *context, struct kh_module *module, const struct kh_token_info *token,
			    const struct kh_error *error);
void kh_dispatch_resolve(struct kh_agent *agent, const char *uri, kh_resolved resolved, void *context);

#endif
