/*
 * bench-echo PORT: what a bare libwebsockets server costs. It sends every
 * message back and does nothing else; the loop is libuv, as in the daemon.
 */
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 65536

struct connection {
	unsigned char data[LWS_PRE + MESSAGE_MAX];
	size_t length;
};

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct connection *connection = user;

	if (reason == LWS_CALLBACK_RECEIVE) {
		if (lws_is_first_fragment(wsi))
			connection->length = 0;
		if (connection->length + length > MESSAGE_MAX)
			return -1;
		memcpy(connection->data + LWS_PRE + connection->length, in, length);
		connection->length += length;
		if (lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0)
			lws_callback_on_writable(wsi);
	} else if (reason == LWS_CALLBACK_SERVER_WRITEABLE && connection->length > 0) {
		int wrote = lws_write(wsi, connection->data + LWS_PRE, connection->length, LWS_WRITE_TEXT);

		connection->length = 0;
		return wrote < 0 ? -1 : 0;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{.name = "echo", .callback = on_event, .per_session_data_size = sizeof(struct connection)},
	{0},
};

int main(int argc, char **argv)
{
	struct lws_context_creation_info info = {
		.port = argc == 2 ? atoi(argv[1]) : 0,
		.iface = "127.0.0.1",
		.protocols = protocols,
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DISABLE_IPV6 |
			   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
		.fd_limit_per_thread = 64,
	};
	struct lws_context *context;

	lws_set_log_level(LLL_ERR, NULL);
	context = info.port ? lws_create_context(&info) : NULL;
	if (!context)
		return 1;
	while (lws_service(context, 0) >= 0)
		;
	lws_context_destroy(context);
	return 0;
}
