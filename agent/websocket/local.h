/*
 * A connection whose two ends are in one process, for a daemon that lives in its
 * client (tool/alone.h). Both ends meet the same kh_socket as on the wire.
 */
#ifndef KH_AGENT_WEBSOCKET_LOCAL_H
#define KH_AGENT_WEBSOCKET_LOCAL_H

#include "websocket/websocket.h"

/* Calls opened of both at once; everything else comes on the loop. After closed of
 * both ends, and a turn of the loop, nothing is left of it. */
KH_CHECKED enum kh_code kh_local_open(uv_loop_t *loop, const char *origin, const struct kh_socket_events *server,
				      void *server_context, const struct kh_socket_events *client, void *client_context,
				      struct kh_error *error);

#endif
