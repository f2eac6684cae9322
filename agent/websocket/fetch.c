/*
 * A file from a web server, for the support tool.
 */
#include "websocket/fetch.h"

#include <libwebsockets.h>
#include <string.h>

#include "cleanup.h"
#include "websocket/roots.h"

#define PART 4096

struct fetch {
	struct kh_buffer *out;
	size_t most;
	struct lws_context *context;
	lws_sorted_usec_list_t deadline;
	unsigned status;
	bool over, whole;
};

static void too_late(lws_sorted_usec_list_t *deadline)
{
	struct fetch *fetch = lws_container_of(deadline, struct fetch, deadline);

	fetch->over = true;
	lws_cancel_service(fetch->context); /* it would wait for the next deadline, of its own */
}

static int receive(struct lws *wsi)
{
	char room[LWS_PRE + PART], *at = room + LWS_PRE;
	int length = PART;

	return lws_http_client_read(wsi, &at, &length) < 0 ? -1 : 0;
}

static int take(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct fetch *fetch = lws_context_user(lws_get_context(wsi));

	switch ((int)reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS:
		kh_roots_add(user);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
		fetch->over = true;
		return 0;
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		fetch->status = lws_http_client_http_response(wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return receive(wsi);
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		kh_buffer_append(fetch->out, in, length);
		return fetch->out->failed || fetch->out->length > fetch->most ? -1 : 0;
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		fetch->whole = fetch->over = true;
		return -1;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {{"http", take, 0, 0, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};

static bool connect_to(struct lws_context *context, char *address)
{
	struct lws_client_connect_info info = {.context = context, .method = "GET", .protocol = "http"};
	const char *scheme, *path;
	KH_AUTO(kh_buffer_finish) struct kh_buffer where = {0};
	int port;

	if (lws_parse_uri(address, &scheme, &info.address, &port, &path) != 0)
		return false;
	info.port = port;
	info.host = info.origin = info.address;
	info.ssl_connection = strcmp(scheme, "https") == 0 ? LCCSCF_USE_SSL : 0;
	kh_buffer_printf(&where, "/%s", path);
	if (where.failed)
		return false;
	info.path = where.data;
	lws_client_connect_via_info(&info);
	return true;
}

bool kh_fetch(const char *address, size_t most, unsigned seconds, struct kh_buffer *out)
{
	struct fetch fetch = {.out = out, .most = most};
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.user = &fetch,
		.timeout_secs = seconds,
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
	};
	KH_AUTO_FREE char *parsed = strdup(address);

	lws_set_log_level(0, NULL);
	fetch.context = lws_create_context(&info);
	if (!fetch.context || !parsed || !connect_to(fetch.context, parsed))
		fetch.over = true;
	else
		lws_sul_schedule(fetch.context, 0, &fetch.deadline, too_late, (lws_usec_t)seconds * LWS_US_PER_SEC);
	while (!fetch.over && lws_service(fetch.context, 0) >= 0)
		continue;
	if (fetch.context)
		lws_context_destroy(fetch.context);
	return fetch.whole && fetch.status == 200 && !out->failed && out->length <= most;
}
