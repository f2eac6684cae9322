/*
 * WebSockets on loopback: the one door to libwebsockets. It knows frames,
 * ports and the handshake, nothing of what is said.
 *
 * Everything runs on the caller's uv loop. A socket lives from opened to
 * closed; after closed it must not be touched.
 */
#ifndef KH_AGENT_WEBSOCKET_WEBSOCKET_H
#define KH_AGENT_WEBSOCKET_WEBSOCKET_H

#include <uv.h>

#include "websocket/handshake.h"

struct kh_socket;
struct kh_server;

struct kh_socket_events {
	/* A connection that passed the handshake. The answer comes back as owner
	 * in the others; NULL closes it. */
	void *(*opened)(void *context, struct kh_socket *socket, const char *origin);
	/* One whole message of at most KH_LIMIT_MESSAGE bytes (a client takes more). */
	void (*message)(void *owner, const char *text, size_t length, bool binary);
	/* A message that is too large; the rest of it is thrown away. */
	void (*oversize)(void *owner);
	/* The end. code and reason as the other side said them, 0 and "" for none. */
	void (*closed)(void *owner, int code, const char *reason);
};

/* Listens on policy's port on 127.0.0.1 and [::1], on both or not at all; on a
 * machine without IPv6 on the first. The port is known to be free (ports.h). policy's origins stay the caller's. To be
 * called before anything else is on the loop. */
KH_CHECKED enum kh_code kh_server_open(uv_loop_t *loop, const struct kh_handshake_policy *policy,
				       const struct kh_socket_events *events, void *context, struct kh_server **server,
				       struct kh_error *error);
uint16_t kh_server_port(const struct kh_server *server);
/* False: the machine has no [::1]. */
bool kh_server_ipv6(const struct kh_server *server);
/* What it listens on, as text: "127.0.0.1:1 and [::1]:1". */
void kh_server_address(const struct kh_server *server, char *text, size_t size);
/* New connections are refused and open ones closed with 1001. */
void kh_server_stop(struct kh_server *server);
/* Outside every callback, with the loop stopped and every other handle on it
 * closed or closing; runs the loop to its end. */
void kh_server_free(struct kh_server *server);

/* The library's version, for the report. */
const char *kh_websocket_version(void);

/* Queues a text message. */
void kh_socket_send(struct kh_socket *socket, const char *text, size_t length);
/* Bytes that the other side has not taken yet. */
size_t kh_socket_waiting(const struct kh_socket *socket);
/* Closes when the queue is written. reason is a literal. */
void kh_socket_close(struct kh_socket *socket, int code, const char *reason);

/* A client of the daemon at 127.0.0.1. events.opened gets origin back;
 * closed is called with owner context when no connection came about,
 * or one to another user's program: KH_CLOSE_REFUSED, "other user". The
 * server is freed as above. */
KH_CHECKED enum kh_code kh_client_open(uv_loop_t *loop, uint16_t port, const struct kh_socket_events *events,
				       void *context, struct kh_server **server, struct kh_error *error);

#endif
