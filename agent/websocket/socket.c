/*
 * Connections on libwebsockets, at either end: what waits to be written, what
 * has come so far, and their end. Measured traps of 4.1.6 are named where they
 * are met, here and in the files beside.
 */
#include "websocket/socket.h"

#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "log.h"
#include "websocket/peer.h"

#define QUEUE_MAX (16u * 1024 * 1024)
#define CLOSE_MS 2000 /* for what is still to be sent before a close */
/* Its tables follow ulimit -n otherwise. More than the 256 sockets that a
 * browser opens at most, also for a page that only wants to keep others out. */
#define FILES_MAX 512
/* Of a request's headers: 16 KiB of cookies, which all ports of localhost share,
 * and 4 KiB of all else. libwebsockets has it while it reads them, no longer. */
#define HEADERS_MAX ((16 + 4) * 1024)

struct outgoing {
	struct outgoing *next;
	size_t length;
	unsigned char space[]; /* LWS_PRE, then the text */
};

static void remove_first(struct kh_socket *socket)
{
	struct outgoing *first = socket->first;

	socket->first = first->next;
	if (!socket->first)
		socket->last = &socket->first;
	socket->queued -= first->length;
	free(first);
}

struct kh_socket *kh_socket_add(struct kh_server *server, struct lws *wsi)
{
	struct kh_socket *socket = calloc(1, sizeof(*socket));

	if (!socket)
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
	while (socket->first)
		remove_first(socket);
	kh_buffer_finish(&socket->in);
	free(socket);
}

void kh_socket_send(struct kh_socket *socket, const char *text, size_t length)
{
	struct outgoing *item;

	if (socket->line) {
		socket->line->send(socket, text, length);
		return;
	}
	if (socket->close_code != 0)
		return;
	item = socket->queued + length > QUEUE_MAX ? NULL : malloc(sizeof(*item) + LWS_PRE + length);
	if (!item) {
		while (socket->first)
			remove_first(socket);
		kh_socket_close(socket, KH_CLOSE_TOO_SLOW, "too slow");
		return;
	}
	*item = (struct outgoing){.length = length};
	memcpy(item->space + LWS_PRE, text, length);
	*socket->last = item;
	socket->last = &item->next;
	socket->queued += item->length;
	/* Asked again, the loop would forget that it can be written now. */
	if (socket->first == item)
		lws_callback_on_writable(socket->wsi);
}

size_t kh_socket_waiting(const struct kh_socket *socket)
{
	return socket->queued;
}

/* A peer that reads nothing lets no close frame out either, and libwebsockets
 * would wait for ever to send what it has buffered. */
static void reap(uv_timer_t *timer)
{
	struct kh_server *server = timer->data;
	bool waiting = false;

	for (const struct kh_socket *socket = server->sockets; socket; socket = socket->next) {
		if (socket->close_code != 0 && socket->close_by <= uv_now(server->loop))
			kh_peer_hang_up((intptr_t)lws_get_socket_fd(socket->wsi));
		waiting = waiting || socket->close_code != 0;
	}
	if (waiting)
		uv_timer_start(timer, reap, CLOSE_MS, 0);
}

void kh_socket_close(struct kh_socket *socket, int code, const char *reason)
{
	uv_timer_t *reaper;

	if (socket->line) {
		socket->line->close(socket, code, reason);
		return;
	}
	if (socket->close_code != 0)
		return;
	reaper = socket->server->reaper;
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

int kh_socket_write(struct kh_socket *socket)
{
	struct outgoing *item = socket->first;

	if (!item)
		return socket->close_code != 0 ? close_now(socket) : 0;
	if (lws_write(socket->wsi, item->space + LWS_PRE, item->length, LWS_WRITE_TEXT) < 0)
		return -1;
	remove_first(socket);
	if (socket->first || socket->close_code != 0)
		lws_callback_on_writable(socket->wsi);
	return 0;
}

void kh_socket_receive(struct kh_socket *socket, const void *data, size_t length, size_t limit)
{
	if (lws_is_first_fragment(socket->wsi)) {
		kh_buffer_finish(&socket->in);
		socket->oversize = false;
	}
	if (!socket->owner || socket->close_code != 0 || socket->oversize)
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
		socket->server->events->message(socket->owner, socket->in.data ? socket->in.data : "",
						socket->in.length, lws_frame_is_binary(socket->wsi) != 0);
	kh_buffer_finish(&socket->in);
}

void kh_socket_end(struct kh_socket *socket)
{
	if (!socket)
		return;
	if (socket->owner)
		socket->server->events->closed(socket->owner, socket->peer_code, socket->peer_reason);
	remove_socket(socket);
}

static void say(int level, const char *line)
{
	(void)level;
	kh_log(KH_LOG_DEBUG, "libwebsockets: %.*s", (int)strcspn(line, "\n"), line);
}

enum kh_code kh_websocket_make(uv_loop_t *loop, const struct kh_socket_events *events, void *context,
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
		.pcontext = made ? &made->context : NULL,
		.fd_limit_per_thread = FILES_MAX,
		.max_http_header_data2 = HEADERS_MAX,
		/* A browser connects before the user has answered its question. */
		.timeout_secs_ah_idle = 120,
	};

	/* int before 4.2, gid_t and uid_t since. */
	info.gid = (__typeof__(info.gid))-1;
	info.uid = (__typeof__(info.uid))-1;
	if (!made)
		return kh_fail(error, KH_AGENT_FAILED);
	made->reaper = calloc(1, sizeof(*made->reaper));
	if (!made->reaper) {
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
	if (!made->context) {
		uv_close((uv_handle_t *)made->reaper, (uv_close_cb)free);
		free(made);
		return kh_fail_call(error, KH_AGENT_FAILED, "lws_create_context", "");
	}
	*server = made;
	return KH_OK;
}

/* Destroy, run to the end, destroy again: other orders crash or leak. */
void kh_server_free(struct kh_server *server)
{
	if (!server)
		return;
	uv_close((uv_handle_t *)server->reaper, (uv_close_cb)free);
	lws_context_destroy(server->context);
	/* An earlier uv_stop ends the first round at once. */
	while (uv_run(server->loop, UV_RUN_DEFAULT) != 0)
		;
	if (server->context)
		lws_context_destroy(server->context);
	kh_peer_finish();
	free(server);
}

const char *kh_websocket_version(void)
{
	return LWS_LIBRARY_VERSION;
}
