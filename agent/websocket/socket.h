/*
 * The inside of the WebSockets: a connection, at either end. For server.c (those
 * who come) and client.c (the call to a daemon) only; nobody else meets
 * libwebsockets.
 */
#ifndef KH_AGENT_WEBSOCKET_SOCKET_H
#define KH_AGENT_WEBSOCKET_SOCKET_H

#include <libwebsockets.h>

#include "bytes.h"
#include "websocket/websocket.h"

/* A protocol's row: its callback, what it keeps of a connection, bytes of one
 * read and of one send(); libwebsockets would make that the size of a read. */
#define KH_WEBSOCKET_PROTOCOL(name, callback, session)                                                                 \
	{                                                                                                              \
		name, callback, sizeof(session), 4096, 0, NULL, 1024u * 1024                                           \
	}

/* Another way than a WebSocket: local.c. */
struct kh_line {
	void (*send)(struct kh_socket *socket, const char *text, size_t length);
	void (*close)(struct kh_socket *socket, int code, const char *reason);
};

struct kh_socket {
	const struct kh_line *line; /* NULL: a WebSocket; else only owner is used of the rest */
	struct lws *wsi;
	struct kh_server *server;
	struct kh_socket *next;
	void *owner;
	char origin[KH_ORIGIN_MAX + 1];
	struct outgoing *first, **last;
	size_t queued;
	struct kh_buffer in;
	bool listed, oversize;
	int close_code, peer_code;
	const char *close_reason;
	uint64_t close_by; /* loop time */
	char peer_reason[64];
};

struct kh_server {
	struct lws_context *context;
	uv_loop_t *loop;
	struct kh_handshake_policy policy;
	const struct kh_socket_events *events;
	void *events_context;
	struct kh_socket *sockets;
	uv_timer_t *reaper; /* of sockets that do not close */
	bool stopping;
	bool ipv6; /* listens on [::1], too */
};

/* The library on a loop, with no vhost yet. */
KH_CHECKED enum kh_code kh_websocket_make(uv_loop_t *loop, const struct kh_socket_events *events, void *context,
					  struct kh_server **server, struct kh_error *error);

/* NULL: out of memory. The caller sets owner. */
struct kh_socket *kh_socket_add(struct kh_server *server, struct lws *wsi);
/* Tells its owner that it is closed, and frees it; NULL is none. */
void kh_socket_end(struct kh_socket *socket);

/* For the callbacks of libwebsockets: what has come, of messages of at most
 * limit bytes; and that something can be written, with their return value. */
void kh_socket_receive(struct kh_socket *socket, const void *data, size_t length, size_t limit);
KH_CHECKED int kh_socket_write(struct kh_socket *socket);

#endif
