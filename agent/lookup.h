/*
 * The token that a page means by a URI.
 */
#ifndef KH_AGENT_LOOKUP_H
#define KH_AGENT_LOOKUP_H

#include "agent.h"

/* module and token are set and hold until the loop goes on; or both are NULL
 * and error says why. */
typedef void (*kh_lookup_done)(void *context, struct kh_driver *module, const struct kh_token_info *token,
			       const struct kh_error *error);

/* Among the tokens that are known; when it is not among them, the modules are
 * asked once more. May call done before it returns. */
void kh_lookup(struct kh_agent *agent, const char *uri, kh_lookup_done done, void *context);

#endif
