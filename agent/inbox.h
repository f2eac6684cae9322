/*
 * What pages send: hello, then requests, which go to the agent's handler. Bad
 * requests are answered and the connection stays; what is not the protocol at
 * all closes it.
 */
#ifndef KH_AGENT_INBOX_H
#define KH_AGENT_INBOX_H

#include "websocket/websocket.h"

/* For the server; context is the agent. */
extern const struct kh_socket_events kh_inbox_events;

#endif
