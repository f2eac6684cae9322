/*
 * The call to a daemon, for the support tool and for a daemon that starts.
 */
#include "websocket/socket.h"

#include "cleanup.h"
#include "contract.h"
#include "websocket/peer.h"

#define ANSWER_MAX (16u * 1024 * 1024)

struct session {
	struct kh_socket *socket;
};

static void note_peer_close(struct kh_socket *socket, const unsigned char *data, size_t length)
{
	if (length < 2)
		return;
	socket->peer_code = data[0] << 8 | data[1];
	snprintf(socket->peer_reason, sizeof(socket->peer_reason), "%.*s", (int)(length - 2), (const char *)data + 2);
}

static void open_socket(struct kh_server *server, struct kh_socket *socket)
{
	if (kh_peer_is_own((intptr_t)lws_get_socket_fd(socket->wsi))) {
		socket->owner = server->events->opened(server->events_context, socket, "");
		return;
	}
	/* Another user waits on the port. */
	socket->owner = server->events_context;
	socket->peer_code = KH_CLOSE_REFUSED;
	snprintf(socket->peer_reason, sizeof(socket->peer_reason), "other user");
	kh_socket_close(socket, LWS_CLOSE_STATUS_NORMAL, "");
}

static int call(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct kh_server *server = lws_context_user(lws_get_context(wsi));
	struct session *session = user;

	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		server->events->closed(server->events_context, 0, "");
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		session->socket = kh_socket_add(server, wsi);
		if (!session->socket)
			return -1;
		open_socket(server, session->socket);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		kh_socket_receive(session->socket, in, length, ANSWER_MAX);
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return kh_socket_write(session->socket);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		note_peer_close(session->socket, in, length);
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		kh_socket_end(kh_steal(&session->socket));
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols client_protocols[] = {
	KH_WEBSOCKET_PROTOCOL(KH_SUBPROTOCOL, call, struct session),
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

enum kh_code kh_client_open(uv_loop_t *loop, uint16_t port, const struct kh_socket_events *events, void *context,
			    struct kh_server **server, struct kh_error *error)
{
	struct lws_context_creation_info vhost = {
		.vhost_name = "client", .port = CONTEXT_PORT_NO_LISTEN, .protocols = client_protocols};
	struct lws_client_connect_info info = {
		.address = "127.0.0.1", .port = port, .path = "/", .protocol = KH_SUBPROTOCOL};
	char host[64];
	enum kh_code code = kh_websocket_make(loop, events, context, server, error);

	if (code != KH_OK)
		return code;
	snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	info.context = (*server)->context;
	info.host = host;
	info.origin = host; /* http:// is put before it */
	info.vhost = lws_create_vhost((*server)->context, &vhost);
	if (!info.vhost)
		return kh_fail_call(error, KH_AGENT_FAILED, "lws_create_vhost", "");
	lws_client_connect_via_info(&info);
	return KH_OK;
}
