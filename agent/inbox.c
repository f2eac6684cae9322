/*
 * What pages send.
 */
#include "inbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "connection.h"
#include "log.h"
#include "request.h"
#include "tracer.h"
#include "watch.h"

#define REQUESTS_MAX 64 /* of a connection at a time */
#define REQUESTS_ALL (REQUESTS_MAX * KH_LIMIT_CONNECTIONS)

static struct kh_entry_peer peer_of(const struct kh_connection *connection)
{
	return (struct kh_entry_peer){.page = connection->session};
}

static void send_error(struct kh_connection *connection, const struct kh_message *message, const struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};

	kh_trace_error(&connection->agent->trace, peer_of(connection), KH_TRACE_TOLD, message, error);
	kh_error_encode(&message->id, error, connection->locale, &text);
	kh_connection_say(connection, &text);
}

/* --- hello --- */

static void end_timer(struct kh_connection *connection)
{
	if (connection->timer)
		uv_close((uv_handle_t *)connection->timer, (uv_close_cb)free);
	connection->timer = NULL;
}

static void no_hello(uv_timer_t *timer)
{
	struct kh_connection *connection = timer->data;

	kh_log(KH_LOG_INFO, "#%lld said no hello in time", (long long)connection->session);
	kh_socket_close(connection->socket, KH_CLOSE_TOO_SLOW, "hello");
}

static void start_timer(struct kh_connection *connection)
{
	connection->timer = malloc(sizeof(*connection->timer));
	if (!connection->timer)
		return;
	uv_timer_init(connection->agent->loop, connection->timer);
	connection->timer->data = connection;
	uv_timer_start(connection->timer, no_hello, KH_LIMIT_HELLO_SECONDS * 1000, 0);
}

static void set_locale(struct kh_connection *connection, const char *locale)
{
	if (locale && (strncmp(locale, "zh", 2) == 0 || strncmp(locale, "en", 2) == 0))
		snprintf(connection->locale, sizeof(connection->locale), "%s", locale);
}

static bool speaks_ours(const struct kh_agent_hello_params *params)
{
	for (size_t i = 0; i < params->protocols_count; i++) {
		if (params->protocols[i] == 1)
			return true;
	}
	return false;
}

/* The certificate manager links to the hall. */
static char *hall_for(const struct kh_connection *connection)
{
	const struct kh_config *config = &connection->agent->settings->config;
	bool own = kh_agent_is_own_page(connection->agent, connection->origin);

	return own && config->origins_count > 0 ? config->origins[0] : NULL;
}

static void hello(struct kh_connection *connection, struct kh_request *request)
{
	const struct kh_agent_hello_params *params = request->message.params;
	char *features[] = {(char *)(uintptr_t) "token.changed", (char *)(uintptr_t) "renewal.progress"};
	char now[KH_TIME_TEXT];
	struct kh_agent_hello_result result = {
		.version = (char *)(uintptr_t)KH_VERSION,
		.protocol = 1,
		.origin = connection->origin,
		.hall = hall_for(connection),
		.time = now,
		.features = features,
		.features_count = 2,
	};

	if (connection->greeted) {
		kh_request_fail(request, KH_REQUEST_SEQUENCE);
		return;
	}
	set_locale(connection, params->locale);
	memcpy(request->locale, connection->locale, sizeof(request->locale));
	if (!speaks_ours(params)) {
		kh_request_fail(request, KH_AGENT_PROTOCOL);
		return;
	}
	end_timer(connection);
	connection->greeted = true;
	connection->background = params->background;
	kh_time_text(kh_agent_now(), now);
	kh_log(KH_LOG_INFO, "#%lld hello from %s", (long long)connection->session, connection->origin);
	kh_request_result(request, &result);
	kh_watch_adjust(connection->agent);
}

/* --- messages --- */

static struct kh_request *make_request(struct kh_connection *connection, struct kh_message *message)
{
	struct kh_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->agent = connection->agent;
	request->session = connection->session;
	request->message = *message;
	*message = (struct kh_message){0};
	memcpy(request->origin, connection->origin, sizeof(request->origin));
	memcpy(request->locale, connection->locale, sizeof(request->locale));
	connection->requests++;
	connection->agent->requests++;
	return request;
}

static void route(struct kh_connection *connection, struct kh_message *message)
{
	const struct kh_message asked = {.id = message->id, .method = message->method};
	const bool is_hello = message->method->id == KH_METHOD_AGENT_HELLO;
	struct kh_error error = {0};
	struct kh_request *request;

	if (!is_hello && !connection->greeted)
		kh_fail(&error, KH_REQUEST_SEQUENCE);
	else if (connection->requests >= REQUESTS_MAX || (!is_hello && connection->agent->requests >= REQUESTS_ALL))
		kh_fail(&error, KH_AGENT_BUSY);
	request = error.code == KH_OK ? make_request(connection, message) : NULL;
	if (!request) {
		if (error.code == KH_OK)
			kh_fail(&error, KH_AGENT_FAILED);
		kh_message_finish(message);
		send_error(connection, &asked, &error);
	} else if (is_hello) {
		hello(connection, request);
	} else {
		connection->agent->handle(request);
	}
}

static void on_message(void *owner, const char *text, size_t length, bool binary)
{
	struct kh_connection *connection = owner;
	struct kh_message message;
	struct kh_error error = {0};

	if (binary) {
		kh_log(KH_LOG_INFO, "#%lld sent a binary frame", (long long)connection->session);
		kh_socket_close(connection->socket, KH_CLOSE_PROTOCOL, "binary");
		return;
	}
	if (kh_message_decode(&kh_contract, text, length, &message, &error) != KH_OK) {
		kh_log_failure(KH_LOG_INFO, "a bad request", &error);
		send_error(connection, &message, &error);
		kh_message_finish(&message);
		return;
	}
	kh_trace_message(&connection->agent->trace, peer_of(connection), KH_TRACE_SAID, &message);
	if (!message.method->result) {
		kh_message_finish(&message);
		kh_fail_field(&error, "method");
		error.rpc_code = -32601;
		send_error(connection, &message, &error);
		return;
	}
	route(connection, &message);
}

static void on_oversize(void *owner)
{
	struct kh_connection *connection = owner;
	const struct kh_error error = {.code = KH_REQUEST_TOO_LARGE};
	const struct kh_message none = {.id = {.kind = KH_ID_NONE}};

	kh_log(KH_LOG_INFO, "#%lld sent too large a message", (long long)connection->session);
	send_error(connection, &none, &error);
	kh_socket_close(connection->socket, KH_CLOSE_TOO_LARGE, "too large");
}

static void *on_opened(void *context, struct kh_socket *socket, const char *origin)
{
	struct kh_agent *agent = context;
	struct kh_connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->agent = agent;
	connection->socket = socket;
	connection->session = ++agent->last_session;
	snprintf(connection->origin, sizeof(connection->origin), "%s", origin);
	snprintf(connection->locale, sizeof(connection->locale), "%s", agent->settings->config.locale);
	connection->next = agent->connections;
	agent->connections = connection;
	kh_trace_fact(&agent->trace, peer_of(connection), "opened", NULL, NULL);
	start_timer(connection);
	return connection;
}

static void on_closed(void *owner, int code, const char *reason)
{
	struct kh_connection *connection = owner, **at;
	struct kh_agent *agent = connection->agent;
	int64_t session = connection->session;
	bool greeted = connection->greeted;

	(void)code;
	(void)reason;
	for (at = &agent->connections; *at != connection; at = &(*at)->next)
		;
	*at = connection->next;
	end_timer(connection);
	free(connection);
	kh_log(KH_LOG_INFO, "#%lld closed", (long long)session);
	kh_trace_fact(&agent->trace, (struct kh_entry_peer){.page = session}, "closed", NULL, NULL);
	kh_tracer_stop(agent, session);
	if (!greeted)
		return;
	kh_watch_adjust(agent);
	for (size_t i = 0; i < agent->modules.count; i++)
		kh_token_link_cancel(agent->modules.items[i].link, session);
	kh_connections_settle(agent, session);
}

const struct kh_socket_events kh_inbox_events = {on_opened, on_message, on_oversize, on_closed};
