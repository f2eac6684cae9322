/*
 * Those who come: listening on loopback, the upgrade and its judge, and the
 * pages of the certificate manager.
 */
#include "websocket/socket.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "contract.h"
#include "log.h"
#include "page.h"
#include "ports.h"
#include "websocket/peer.h"

/* HTTP and WebSocket share the per-session memory of a connection. */
struct session {
	struct kh_socket *socket;
	const struct kh_page_file *file;
};

/* "" also for one that is too long or has a NUL in it. */
static void header(struct lws *wsi, enum lws_token_indexes token, char *text, int size)
{
	int length = lws_hdr_copy(wsi, text, size, token);

	if (length < 0 || strlen(text) != (size_t)length)
		text[0] = '\0';
}

static const char *judge(struct kh_socket *socket)
{
	struct kh_server *server = socket->server;
	struct kh_handshake handshake = {.protocol = lws_get_protocol(socket->wsi)->name};
	char host[KH_ORIGIN_MAX + 1];

	header(socket->wsi, WSI_TOKEN_HOST, host, sizeof(host));
	header(socket->wsi, WSI_TOKEN_ORIGIN, socket->origin, sizeof(socket->origin));
	handshake.host = host;
	handshake.origin = socket->origin;
	handshake.own_user = kh_peer_is_own((intptr_t)lws_get_socket_fd(socket->wsi));
	for (const struct kh_socket *other = server->sockets; other; other = other->next) {
		handshake.connections += other->listed;
		handshake.of_origin += other->listed && strcmp(other->origin, socket->origin) == 0;
	}
	return kh_handshake_refusal(&server->policy, &handshake);
}

static int open_socket(struct kh_server *server, struct session *session, struct lws *wsi)
{
	struct kh_socket *socket = kh_socket_add(server, wsi);
	const char *refusal;

	session->socket = socket;
	if (!socket)
		return -1;
	refusal = judge(socket);
	if (refusal) {
		kh_log(KH_LOG_WARNING, "refused a page: %s; origin %s", refusal, socket->origin);
		kh_socket_close(socket, KH_CLOSE_REFUSED, refusal);
	} else if (server->stopping) {
		kh_socket_close(socket, LWS_CLOSE_STATUS_GOINGAWAY, "stopping");
	} else {
		socket->listed = true;
		socket->owner = server->events->opened(server->events_context, socket, socket->origin);
		if (!socket->owner)
			kh_socket_close(socket, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "failed");
	}
	return 0;
}

static int serve_page(struct kh_server *server, struct session *session, struct lws *wsi, const char *path)
{
	unsigned char space[LWS_PRE + 1024], *start = space + LWS_PRE, *at = start, *end = space + sizeof(space);
	char host[KH_ORIGIN_MAX + 1];
	bool welcome;

	header(wsi, WSI_TOKEN_HOST, host, sizeof(host));
	welcome = kh_handshake_host(host, server->policy.port) && kh_peer_is_own((intptr_t)lws_get_socket_fd(wsi));
	session->file = welcome ? kh_page_find(path) : NULL;
	if (!session->file)
		return lws_return_http_status(wsi, welcome ? HTTP_STATUS_NOT_FOUND : HTTP_STATUS_FORBIDDEN, NULL) != 0
			       ? -1
			       : lws_http_transaction_completed(wsi);
	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, session->file->type, session->file->length, &at, end))
		return -1;
	for (const char *const *pair = kh_page_headers; pair[0]; pair += 2) {
		if (lws_add_http_header_by_name(wsi, (const unsigned char *)pair[0], (const unsigned char *)pair[1],
						(int)strlen(pair[1]), &at, end))
			return -1;
	}
	if (lws_finalize_write_http_header(wsi, start, &at, end))
		return -1;
	lws_callback_on_writable(wsi);
	return 0;
}

static int write_page(struct session *session, struct lws *wsi)
{
	const struct kh_page_file *file = session->file;
	unsigned char *space;
	int written;

	if (!file)
		return 0;
	session->file = NULL;
	space = malloc(LWS_PRE + file->length);
	if (!space)
		return -1;
	memcpy(space + LWS_PRE, file->data, file->length);
	written = lws_write(wsi, space + LWS_PRE, file->length, LWS_WRITE_HTTP_FINAL);
	free(space);
	return written < 0 ? -1 : lws_http_transaction_completed(wsi);
}

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct kh_server *server = lws_context_user(lws_get_context(wsi));
	struct session *session = user;

	switch ((int)reason) {
	case LWS_CALLBACK_ESTABLISHED:
		return open_socket(server, session, wsi);
	case LWS_CALLBACK_RECEIVE:
		kh_socket_receive(session->socket, in, length, KH_LIMIT_MESSAGE);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return kh_socket_write(session->socket);
	case LWS_CALLBACK_CLOSED:
		kh_socket_end(kh_steal(&session->socket));
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		/* No h2c: nobody needs a second way in. */
		return strcmp(in, "websocket") == 0 ? 0 : -1;
	case LWS_CALLBACK_HTTP:
		return serve_page(server, session, wsi, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return write_page(session, wsi);
	default:
		return 0;
	}
}

static const struct lws_protocols server_protocols[] = {
	/* A client that offers no subprotocol lands on the first one. */
	KH_WEBSOCKET_PROTOCOL("http", serve, struct session),
	KH_WEBSOCKET_PROTOCOL(KH_SUBPROTOCOL, serve, struct session),
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

/* DISABLE_IPV6 in the vhost's own options, else 127.0.0.1 is bound as ::. */
static bool listen_on(struct kh_server *server, const char *address, uint16_t port, uint64_t options)
{
	struct lws_context_creation_info info = {
		.vhost_name = address,
		.iface = address,
		.port = port,
		.protocols = server_protocols,
		.options = options | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
		.server_string = "keyhall",
		.timeout_secs_ah_idle = 120,
	};

	return lws_create_vhost(server->context, &info);
}

static bool listen_everywhere(struct kh_server *server)
{
	uint16_t port = server->policy.port;

	if (!listen_on(server, "127.0.0.1", port, LWS_SERVER_OPTION_DISABLE_IPV6))
		return false;
	if (server->ipv6 &&
	    !listen_on(server, "::1", port, LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE))
		return false;
	return kh_port_taken(server->loop, port);
}

enum kh_code kh_server_open(uv_loop_t *loop, const struct kh_handshake_policy *policy,
			    const struct kh_socket_events *events, void *context, struct kh_server **server,
			    struct kh_error *error)
{
	enum kh_code code = kh_websocket_make(loop, events, context, server, error);

	if (code != KH_OK)
		return code;
	(*server)->policy = *policy;
	(*server)->ipv6 = kh_port_ipv6(loop);
	if (!(*server)->ipv6)
		kh_log(KH_LOG_INFO, "no [::1] on this machine: 127.0.0.1 alone");
	if (listen_everywhere(*server))
		return KH_OK;
	kh_server_free(*server);
	*server = NULL;
	return kh_fail_call(error, KH_AGENT_FAILED, "lws_create_vhost", "");
}

uint16_t kh_server_port(const struct kh_server *server)
{
	return server->policy.port;
}

bool kh_server_ipv6(const struct kh_server *server)
{
	return server->ipv6;
}

void kh_server_address(const struct kh_server *server, char *text, size_t size)
{
	uint16_t port = server->policy.port;

	if (server->ipv6)
		snprintf(text, size, "127.0.0.1:%u and [::1]:%u", port, port);
	else
		snprintf(text, size, "127.0.0.1:%u", port);
}

void kh_server_stop(struct kh_server *server)
{
	server->stopping = true;
	for (struct kh_socket *socket = server->sockets; socket; socket = socket->next)
		kh_socket_close(socket, LWS_CLOSE_STATUS_GOINGAWAY, "stopping");
}
