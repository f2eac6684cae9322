/*
 * The daemon's inside in the tool's own process, for when none runs: the same
 * requests get the same answers. It has no port, takes no lock, and its token hosts
 * wait for nobody's.
 */
#ifndef KH_AGENT_TOOL_ALONE_H
#define KH_AGENT_TOOL_ALONE_H

#include "settings.h"
#include "websocket/websocket.h"

struct kh_alone;

/* Connects a client to it: opened is called at once, then everything is on the
 * loop. settings stay the caller's; their state folder is taken out. unreached: what the check says. */
KH_CHECKED enum kh_code kh_alone_open(uv_loop_t *loop, struct kh_settings *settings, bool unreached,
				      const struct kh_socket_events *events, void *context, struct kh_alone **alone,
				      struct kh_error *error);
/* After closed; the loop is to be run to its end, then kh_alone_free(). */
void kh_alone_stop(struct kh_alone *alone);
void kh_alone_free(struct kh_alone *alone);

#endif
