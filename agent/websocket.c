/*
 * libwebsockets on a uv loop of ours; measured traps of 4.1.6 are named where
 * they are met.
 */
#include "websocket.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "log.h"
#include "page.h"
#include "peer.h"
#include "ports.h"

#define QUEUE_MAX (16u * 1024 * 1024)
/* Of one send(); libwebsockets would make it the size of a read. */
#define SEND_MAX (1024u * 1024)
#define ANSWER_MAX (16u * 1024 * 1024) /* of a message to a client */
#define CLOSE_MS 2000 /* for what is still to be sent before a close */
/* Its tables follow ulimit -n otherwise. More than the 256 sockets that a
 * browser opens at most, also for a page that only wants to keep others out. */
#define FILES_MAX 512

struct outgoing {
	struct outgoing *next;
	size_t length;
	unsigned char space[]; /* LWS_PRE, then the text */
};

struct kh_socket {
	struct lws *wsi;
	struct kh_server *server;
	struct kh_socket *next;
	void *owner;
	char origin[KH_ORIGIN_MAX];
	struct outgoing *first, **last;
	size_t queued;
	struct kh_buffer in;
	bool listed, oversize;
	int close_code, peer_code;
	const char *close_reason;
	uint64_t close_by; /* loop time */
	char peer_reason[64];
};

/* HTTP and WebSocket share the per-session memory of a connection. */
struct session {
	struct kh_socket *socket;
	const struct kh_page_file *file;
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
};

static void remove_first(struct kh_socket *socket)
{
	struct outgoing *first = socket->first;

	socket->first = first->next;
	if (socket->first == NULL)
		socket->last = &socket->first;
	socket->queued -= first->length;
	free(first);
}

static struct kh_socket *add_socket(struct kh_server *server, struct lws *wsi)
{
	struct kh_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL)
		return NULL;
	socket->wsi = wsi;
	socket->server = server;
	socket->last = &socket->first;
	socket->next = server->sockets;
	server->sockets = socket;
	return socket;
}

static void remove_socket(struct kh_socket *socket)
{
	struct kh_socket **at = &socket->server->sockets;

	while (*at != socket)
		at = &(*at)->next;
	*at = socket->next;
	while (socket->first != NULL)
		remove_first(socket);
	kh_buffer_finish(&socket->in);
	free(socket);
}

void kh_socket_send(struct kh_socket *socket, const char *const parts[], const size_t lengths[], size_t count)
{
	struct outgoing *item;
	size_t length = 0;

	for (size_t i = 0; i < count; i++)
		length += lengths[i];
	if (socket->close_code != 0)
		return;
	item = socket->queued + length > QUEUE_MAX ? NULL : malloc(sizeof(*item) + LWS_PRE + length);
	if (item == NULL) {
		while (socket->first != NULL)
			remove_first(socket);
		kh_socket_close(socket, KH_CLOSE_TOO_SLOW, "too slow");
		return;
	}
	*item = (struct outgoing){.length = length};
	length = LWS_PRE;
	for (size_t i = 0; i < count; i++) {
		memcpy(item->space + length, parts[i], lengths[i]);
		length += lengths[i];
	}
	*socket->last = item;
	socket->last = &item->next;
	socket->queued += item->length;
	lws_callback_on_writable(socket->wsi);
}

/* A peer that reads nothing lets no close frame out either, and libwebsockets
 * would wait for ever to send what it has buffered. */
static void reap(uv_timer_t *timer)
{
	struct kh_server *server = timer->data;
	bool waiting = false;

	for (const struct kh_socket *socket = server->sockets; socket != NULL; socket = socket->next) {
		if (socket->close_code != 0 && socket->close_by <= uv_now(server->loop))
			kh_peer_hang_up(lws_get_socket_fd(socket->wsi));
		waiting = waiting || socket->close_code != 0;
	}
	if (waiting)
		uv_timer_start(timer, reap, CLOSE_MS, 0);
}

void kh_socket_close(struct kh_socket *socket, int code, const char *reason)
{
	uv_timer_t *reaper = socket->server->reaper;

	if (socket->close_code != 0)
		return;
	socket->close_code = code;
	socket->close_reason = reason;
	socket->close_by = uv_now(socket->server->loop) + CLOSE_MS;
	if (!uv_is_active((uv_handle_t *)reaper))
		uv_timer_start(reaper, reap, CLOSE_MS, 0);
	lws_callback_on_writable(socket->wsi);
}

/* Debian's build on libuv closes twice when a callback says lws_close_reason
 * and returns -1: the page would see 1006 instead of our code. */
static int close_now(struct kh_socket *socket)
{
	unsigned char reason[64];
	size_t length = strlen(socket->close_reason);

	memcpy(reason, socket->close_reason, length);
	lws_close_reason(socket->wsi, (enum lws_close_status)socket->close_code, reason, length);
	lws_set_timeout(socket->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
	return 0;
}

static int write_one(struct kh_socket *socket)
{
	struct outgoing *item = socket->first;

	if (item == NULL)
		return socket->close_code != 0 ? close_now(socket) : 0;
	if (lws_write(socket->wsi, item->space + LWS_PRE, item->length, LWS_WRITE_TEXT) < 0)
		return -1;
	remove_first(socket);
	if (socket->first != NULL || socket->close_code != 0)
		lws_callback_on_writable(socket->wsi);
	return 0;
}

static void receive(struct kh_socket *socket, const void *data, size_t length, size_t limit)
{
	if (lws_is_first_fragment(socket->wsi)) {
		kh_buffer_finish(&socket->in);
		socket->oversize = false;
	}
	if (socket->owner == NULL || socket->close_code != 0 || socket->oversize)
		return;
	if (length > limit - socket->in.length) {
		socket->oversize = true;
		kh_buffer_finish(&socket->in);
		socket->server->events->oversize(socket->owner);
		return;
	}
	kh_buffer_append(&socket->in, data, length);
	if (!lws_is_final_fragment(socket->wsi) || lws_remaining_packet_payload(socket->wsi) != 0)
		return;
	if (!socket->in.failed)
		socket->server->events->message(socket->owner, socket->in.data != NULL ? socket->in.data : "",
						socket->in.length, lws_frame_is_binary(socket->wsi) != 0);
	kh_buffer_finish(&socket->in);
}

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
	char host[KH_ORIGIN_MAX];

	header(socket->wsi, WSI_TOKEN_HOST, host, sizeof(host));
	header(socket->wsi, WSI_TOKEN_ORIGIN, socket->origin, sizeof(socket->origin));
	handshake.host = host;
	handshake.origin = socket->origin;
	handshake.own_user = kh_peer_is_own(lws_get_socket_fd(socket->wsi));
	for (const struct kh_socket *other = server->sockets; other != NULL; other = other->next) {
		handshake.connections += other->listed;
		handshake.of_origin += other->listed && strcmp(other->origin, socket->origin) == 0;
	}
	return kh_handshake_refusal(&server->policy, &handshake);
}

static int open_socket(struct kh_server *server, struct session *session, struct lws *wsi)
{
	struct kh_socket *socket = add_socket(server, wsi);
	const char *refusal;

	session->socket = socket;
	if (socket == NULL)
		return -1;
	refusal = judge(socket);
	if (refusal != NULL) {
		kh_log(KH_LOG_WARNING, "refused a page: %s; origin %s", refusal, socket->origin);
		kh_socket_close(socket, KH_CLOSE_REFUSED, refusal);
	} else if (server->stopping) {
		kh_socket_close(socket, LWS_CLOSE_STATUS_GOINGAWAY, "stopping");
	} else {
		socket->listed = true;
		socket->owner = server->events->opened(server->events_context, socket, socket->origin);
		if (socket->owner == NULL)
			kh_socket_close(socket, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "failed");
	}
	return 0;
}

static void end_socket(struct session *session)
{
	struct kh_socket *socket = session->socket;

	session->socket = NULL;
	if (socket == NULL)
		return;
	if (socket->owner != NULL)
		socket->server->events->closed(socket->owner, socket->peer_code, socket->peer_reason);
	remove_socket(socket);
}

static void note_peer_close(struct kh_socket *socket, const unsigned char *data, size_t length)
{
	if (length < 2)
		return;
	socket->peer_code = data[0] << 8 | data[1];
	snprintf(socket->peer_reason, sizeof(socket->peer_reason), "%.*s", (int)(length - 2), (const char *)data + 2);
}

static int serve_page(struct kh_server *server, struct session *session, struct lws *wsi, const char *path)
{
	unsigned char space[LWS_PRE + 1024], *start = space + LWS_PRE, *at = start, *end = space + sizeof(space);
	char host[KH_ORIGIN_MAX];
	bool welcome;

	header(wsi, WSI_TOKEN_HOST, host, sizeof(host));
	welcome = kh_handshake_host(host, server->policy.port) && kh_peer_is_own(lws_get_socket_fd(wsi));
	session->file = welcome ? kh_page_find(path) : NULL;
	if (session->file == NULL)
		return lws_return_http_status(wsi, welcome ? HTTP_STATUS_NOT_FOUND : HTTP_STATUS_FORBIDDEN, NULL) != 0
			       ? -1
			       : lws_http_transaction_completed(wsi);
	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, session->file->type, session->file->length, &at, end))
		return -1;
	for (const char *const *pair = kh_page_headers; pair[0] != NULL; pair += 2) {
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

	if (file == NULL)
		return 0;
	session->file = NULL;
	space = malloc(LWS_PRE + file->length);
	if (space == NULL)
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
		receive(session->socket, in, length, KH_LIMIT_MESSAGE);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_one(session->socket);
	case LWS_CALLBACK_CLOSED:
		end_socket(session);
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
	{"http", serve, sizeof(struct session), 4096, 0, NULL, SEND_MAX},
	{KH_SUBPROTOCOL, serve, sizeof(struct session), 4096, 0, NULL, SEND_MAX},
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

static int call(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct kh_server *server = lws_context_user(lws_get_context(wsi));
	struct session *session = user;

	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		server->events->closed(server->events_context, 0, "");
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		session->socket = add_socket(server, wsi);
		if (session->socket == NULL)
			return -1;
		session->socket->owner = server->events->opened(server->events_context, session->socket, "");
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		receive(session->socket, in, length, ANSWER_MAX);
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return write_one(session->socket);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		note_peer_close(session->socket, in, length);
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		end_socket(session);
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols client_protocols[] = {
	{KH_SUBPROTOCOL, call, sizeof(struct session), 4096, 0, NULL, SEND_MAX},
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

static void say(int level, const char *line)
{
	(void)level;
	kh_log(KH_LOG_DEBUG, "libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

static enum kh_code make_context(uv_loop_t *loop, const struct kh_socket_events *events, void *context,
				 struct kh_server **server, struct kh_error *error)
{
	struct kh_server *made = calloc(1, sizeof(*made));
	void *loops[] = {loop};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
		.foreign_loops = loops,
		.user = made,
		.pcontext = made != NULL ? &made->context : NULL,
		.gid = -1,
		.uid = -1,
		.fd_limit_per_thread = FILES_MAX,
		/* A browser connects before the user has answered its question. */
		.timeout_secs_ah_idle = 120,
	};

	if (made == NULL)
		return kh_fail(error, KH_AGENT_FAILED);
	made->reaper = calloc(1, sizeof(*made->reaper));
	if (made->reaper == NULL) {
		free(made);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	uv_timer_init(loop, made->reaper);
	made->reaper->data = made;
	made->loop = loop;
	made->events = events;
	made->events_context = context;
	lws_set_log_level(LLL_ERR, say);
	made->context = lws_create_context(&info);
	if (made->context == NULL) {
		uv_close((uv_handle_t *)made->reaper, (uv_close_cb)free);
		free(made);
		return kh_fail_call(error, KH_AGENT_FAILED, "lws_create_context", "");
	}
	*server = made;
	return KH_OK;
}

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

	return lws_create_vhost(server->context, &info) != NULL;
}

static bool listen_both(struct kh_server *server)
{
	uint16_t port = server->policy.port;
	if (!listen_on(server, "127.0.0.1", port, LWS_SERVER_OPTION_DISABLE_IPV6) ||
	    !listen_on(server, "::1", port, LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE))
		return false;
	return kh_port_taken(server->loop, port);
}

enum kh_code kh_server_open(uv_loop_t *loop, const struct kh_handshake_policy *policy,
			    const struct kh_socket_events *events, void *context, struct kh_server **server,
			    struct kh_error *error)
{
	enum kh_code code = make_context(loop, events, context, server, error);

	if (code != KH_OK)
		return code;
	(*server)->policy = *policy;
	if (listen_both(*server))
		return KH_OK;
	kh_server_free(*server);
	*server = NULL;
	return kh_fail_call(error, KH_AGENT_FAILED, "lws_create_vhost", "");
}

enum kh_code kh_client_open(uv_loop_t *loop, uint16_t port, const struct kh_socket_events *events, void *context,
			    struct kh_server **server, struct kh_error *error)
{
	struct lws_context_creation_info vhost = {
		.vhost_name = "client", .port = CONTEXT_PORT_NO_LISTEN, .protocols = client_protocols};
	struct lws_client_connect_info info = {.address = "127.0.0.1", .port = port, .path = "/", .protocol = KH_SUBPROTOCOL};
	char host[64];
	enum kh_code code = make_context(loop, events, context, server, error);

	if (code != KH_OK)
		return code;
	snprintf(host, sizeof(host), "127.0.0.1:%u", port);
	info.context = (*server)->context;
	info.host = host;
	info.origin = host; /* http:// is put before it */
	info.vhost = lws_create_vhost((*server)->context, &vhost);
	if (info.vhost == NULL)
		return kh_fail_call(error, KH_AGENT_FAILED, "lws_create_vhost", "");
	lws_client_connect_via_info(&info);
	return KH_OK;
}

uint16_t kh_server_port(const struct kh_server *server)
{
	return server->policy.port;
}

void kh_server_address(const struct kh_server *server, char *text, size_t size)
{
	snprintf(text, size, "127.0.0.1:%u and [::1]:%u", server->policy.port, server->policy.port);
}

void kh_server_stop(struct kh_server *server)
{
	server->stopping = true;
	for (struct kh_socket *socket = server->sockets; socket != NULL; socket = socket->next)
		kh_socket_close(socket, LWS_CLOSE_STATUS_GOINGAWAY, "stopping");
}

/* Destroy, run to the end, destroy again: other orders crash or leak. */
void kh_server_free(struct kh_server *server)
{
	if (server == NULL)
		return;
	uv_close((uv_handle_t *)server->reaper, (uv_close_cb)free);
	lws_context_destroy(server->context);
	/* An earlier uv_stop ends the first round at once. */
	while (uv_run(server->loop, UV_RUN_DEFAULT) != 0)
		;
	if (server->context != NULL)
		lws_context_destroy(server->context);
	kh_peer_finish();
	free(server);
}

const char *kh_websocket_version(void)
{
	return LWS_LIBRARY_VERSION;
}
