/*
 * The connections there are.
 */
#include "connection.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "text.h"

static struct kh_connection *find(const struct kh_agent *agent, int64_t session)
{
	struct kh_connection *connection = agent->connections;

	while (connection && connection->session != session)
		connection = connection->next;
	return connection;
}

void kh_connection_say(struct kh_connection *connection, const struct kh_buffer *text)
{
	if (text->failed)
		kh_socket_close(connection->socket, 1011, "failed");
	else
		kh_socket_send(connection->socket, text->data, text->length);
}

bool kh_connection_is_open(const struct kh_agent *agent, int64_t session)
{
	return find(agent, session);
}

void kh_connection_answer(struct kh_agent *agent, int64_t session, const struct kh_buffer *text)
{
	struct kh_connection *connection = find(agent, session);

	agent->requests--;
	if (!connection)
		return;
	connection->requests--;
	kh_connection_say(connection, text);
}

bool kh_connection_try(struct kh_agent *agent, int64_t session, const struct kh_buffer *text, size_t most)
{
	struct kh_connection *connection = find(agent, session);

	if (!connection || text->failed || kh_socket_waiting(connection->socket) + text->length > most)
		return false;
	kh_socket_send(connection->socket, text->data, text->length);
	return true;
}

static void notify(struct kh_connection *connection, enum kh_method_id method, const void *params)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	const struct kh_message message = {.method = &kh_contract.methods[method], .params = (void *)(uintptr_t)params};
	struct kh_error error = {0};

	kh_trace_message(&connection->agent->trace, (struct kh_entry_peer){.page = connection->session}, KH_TRACE_TOLD,
			 &message);
	if (kh_request_encode(message.method, NULL, params, &text, &error) == KH_OK)
		kh_connection_say(connection, &text);
	else
		kh_log_failure(KH_LOG_WARNING, message.method->name, &error);
}

void kh_connections_progress(struct kh_agent *agent, const char *origin, const char *order, int step, int of,
			     const char *text)
{
	struct kh_renewal_progress_params params = {.order = (char *)(uintptr_t)order, .step = step, .of = of};

	for (struct kh_connection *one = agent->connections; one; one = one->next) {
		KH_AUTO(kh_buffer_finish) struct kh_buffer words = {0};

		if (!one->greeted || strcmp(one->origin, origin) != 0)
			continue;
		kh_text(&words, one->locale, text, NULL);
		params.text = words.data;
		if (!words.failed)
			notify(one, KH_METHOD_RENEWAL_PROGRESS, &params);
	}
}

void kh_connections_notify(struct kh_agent *agent, bool own_only, enum kh_method_id method, const void *params)
{
	for (struct kh_connection *one = agent->connections; one; one = one->next) {
		if (one->greeted && (!own_only || kh_agent_is_own_page(agent, one->origin)))
			notify(one, method, params);
	}
}

void kh_connections_settle(struct kh_agent *agent, int64_t session)
{
	if (find(agent, session) || kh_agent_session_busy(agent, session))
		return;
	for (size_t i = 0; i < agent->modules.count; i++)
		kh_token_link_logout(agent->modules.items[i].link, session);
}
