/*
 * Who may speak with the daemon. Pure: judges what an upgrade has said of
 * itself. A page cannot read an HTTP status, so a refused upgrade is accepted
 * and closed with KH_CLOSE_REFUSED and the reason given here.
 */
#ifndef KH_AGENT_WEBSOCKET_HANDSHAKE_H
#define KH_AGENT_WEBSOCKET_HANDSHAKE_H

#include <stdint.h>

#include "error.h"

#define KH_SUBPROTOCOL "keyhall.v1"

struct kh_handshake_policy {
	uint16_t port;
	char *const *origins;
	size_t origins_count;
};

struct kh_handshake {
	const char *host; /* headers, "" when absent */
	const char *origin;
	const char *protocol; /* the one that was agreed on, "" for none */
	bool own_user;	      /* the peer's socket is ours */
	unsigned connections; /* open ones, without this */
	unsigned of_origin;   /* those of the same origin */
};

/* NULL: welcome. Else "other user", "host", "origin", "protocol" or
 * "connections". */
const char *kh_handshake_refusal(const struct kh_handshake_policy *policy, const struct kh_handshake *handshake);

/* Exactly 127.0.0.1, localhost or [::1] with our port. */
bool kh_handshake_host(const char *host, uint16_t port);

#endif
