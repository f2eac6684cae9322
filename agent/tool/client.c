/*
 * The client: runs the loop until its answer is there.
 */
#include "tool/client.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"

#define CALL_SECONDS 60
#define CLOSE_SECONDS 1
#define CLOSE_REFUSED KH_CLOSE_REFUSED

struct kh_client {
	uv_loop_t own, *loop;
	uv_timer_t timer, beat;
	uv_signal_t interrupt, terminate;
	uint16_t port;
	unsigned patience; /* s */
	void (*waiting)(void *context, unsigned seconds);
	void *waiting_context;
	unsigned waited;	  /* s */
	struct kh_server *server; /* NULL: another way */
	struct kh_client_way way; /* without open: a port */
	struct kh_socket *socket;
	const struct kh_contract contract; /* with room for long answers */
	long long number;
	const struct kh_method *method; /* waited for */
	void *result;
	enum kh_code code;
	struct kh_error error;
	bool answered, timed_out, ended;
	bool waits, changed; /* for token.changed */
	bool (*notice)(void *context, const struct kh_message *message);
	void *notice_context;
	bool enough; /* of listening */
	int close_code;
	char reason[64];
};

static void *opened(void *context, struct kh_socket *socket, const char *origin)
{
	struct kh_client *client = context;

	(void)origin;
	client->socket = socket;
	uv_stop(client->loop);
	return client;
}

static void finish_call(struct kh_client *client, enum kh_code code)
{
	client->code = code;
	client->answered = true;
	uv_stop(client->loop);
}

static void stop_listening(struct kh_client *client)
{
	client->enough = true;
	uv_stop(client->loop);
}

static void note(struct kh_client *client, const struct kh_incoming *incoming)
{
	if (client->notice && !client->notice(client->notice_context, &incoming->message))
		stop_listening(client);
	if (incoming->message.method->id != KH_METHOD_TOKEN_CHANGED)
		return;
	client->changed = true;
	if (client->waits)
		uv_stop(client->loop);
}

static void message(void *owner, const char *text, size_t length, bool binary)
{
	struct kh_client *client = owner;
	struct kh_incoming incoming;

	(void)binary;
	if (client->answered && !client->waits && !client->notice)
		return;
	if (kh_incoming_decode(&client->contract, text, length, &incoming, &client->error) != KH_OK) {
		finish_call(client, client->error.code);
		return;
	}
	if (client->method && incoming.is_response && incoming.id.kind == KH_ID_NUMBER &&
	    incoming.id.number == client->number) {
		if (incoming.is_error)
			client->error = incoming.failure;
		finish_call(client, incoming.is_error ? incoming.failure.code
						      : kh_incoming_result(&incoming, client->method, client->result,
									   &client->error));
	}
	if (!incoming.is_response)
		note(client, &incoming);
	kh_incoming_finish(&incoming);
}

static void oversize(void *owner)
{
	struct kh_client *client = owner;

	finish_call(client, kh_fail(&client->error, KH_REQUEST_TOO_LARGE));
}

static void closed(void *owner, int code, const char *reason)
{
	struct kh_client *client = owner;

	client->socket = NULL;
	client->ended = true;
	client->close_code = code;
	snprintf(client->reason, sizeof(client->reason), "%s", reason);
	uv_stop(client->loop);
}

static const struct kh_socket_events events = {opened, message, oversize, closed};

static void late(uv_timer_t *timer)
{
	struct kh_client *client = timer->data;

	client->timed_out = true;
	uv_stop(client->loop);
}

static void beat(uv_timer_t *timer)
{
	struct kh_client *client = timer->data;

	if (client->waiting)
		client->waiting(client->waiting_context, ++client->waited);
}

static void run(struct kh_client *client)
{
	client->timed_out = false;
	uv_timer_start(&client->timer, late, client->patience * 1000, 0);
	uv_run(client->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&client->timer);
}

/* loop: NULL: one of its own. */
static struct kh_client *make(uv_loop_t *loop, unsigned seconds)
{
	const struct kh_client fresh = {
		.contract = {kh_contract.methods, kh_contract.count, KH_BUFFER_MAX, kh_contract.depth_max}};
	struct kh_client *client = malloc(sizeof(*client));

	if (!client)
		return NULL;
	memcpy(client, &fresh, sizeof(fresh));
	client->patience = seconds;
	client->loop = loop ? loop : &client->own;
	if (!loop)
		uv_loop_init(&client->own);
	uv_timer_init(client->loop, &client->timer);
	uv_timer_init(client->loop, &client->beat);
	uv_signal_init(client->loop, &client->interrupt);
	uv_signal_init(client->loop, &client->terminate);
	client->timer.data = client->beat.data = client->interrupt.data = client->terminate.data = client;
	return client;
}

void kh_client_free(struct kh_client *client)
{
	if (!client)
		return;
	if (client->socket) {
		kh_socket_close(client->socket, 1000, "");
		client->patience = CLOSE_SECONDS;
		run(client);
	}
	uv_close((uv_handle_t *)&client->timer, NULL);
	uv_close((uv_handle_t *)&client->beat, NULL);
	uv_close((uv_handle_t *)&client->interrupt, NULL);
	uv_close((uv_handle_t *)&client->terminate, NULL);
	kh_server_free(client->server);
	if (client->way.open)
		client->way.stop(client->way.context);
	while (uv_run(client->loop, UV_RUN_DEFAULT) != 0)
		;
	if (client->way.open)
		client->way.free(client->way.context);
	if (client->loop == &client->own)
		uv_loop_close(&client->own);
	free(client);
}

static void run_beating(struct kh_client *client)
{
	client->waited = 0;
	uv_timer_start(&client->beat, beat, 1000, 1000);
	while (!client->answered && !client->ended && !client->timed_out)
		run(client);
	uv_timer_stop(&client->beat);
	if (client->waited > 0)
		client->waiting(client->waiting_context, 0);
}

bool kh_client_wait(struct kh_client *client, unsigned seconds)
{
	client->waits = true;
	client->timed_out = false;
	if (seconds > 0)
		uv_timer_start(&client->timer, late, (uint64_t)seconds * 1000, 0);
	while (!client->changed && !client->ended && !client->timed_out)
		uv_run(client->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&client->timer);
	client->waits = client->changed = false;
	return !client->ended;
}

void kh_client_wake(struct kh_client *client)
{
	client->changed = true;
	uv_stop(client->loop);
}

bool kh_client_is_open(const struct kh_client *client)
{
	return !client->ended;
}

static void signalled(uv_signal_t *signal, int number)
{
	(void)number;
	stop_listening(signal->data);
}

void kh_client_on_notice(struct kh_client *client, bool (*notice)(void *context, const struct kh_message *message),
			 void *context)
{
	client->notice = notice;
	client->notice_context = context;
	uv_signal_start(&client->interrupt, signalled, SIGINT);
	uv_signal_start(&client->terminate, signalled, SIGTERM);
}

bool kh_client_listen(struct kh_client *client, unsigned seconds)
{
	client->timed_out = false;
	if (seconds > 0)
		uv_timer_start(&client->timer, late, (uint64_t)seconds * 1000, 0);
	while (!client->enough && !client->ended && !client->timed_out)
		uv_run(client->loop, UV_RUN_DEFAULT);
	uv_timer_stop(&client->timer);
	uv_signal_stop(&client->interrupt);
	uv_signal_stop(&client->terminate);
	return !client->ended;
}

void kh_client_patience(struct kh_client *client, unsigned seconds)
{
	client->patience = seconds;
}

uint16_t kh_client_port(const struct kh_client *client)
{
	return client->port;
}

void kh_client_on_waiting(struct kh_client *client, void (*waiting)(void *context, unsigned seconds), void *context)
{
	client->waiting = waiting;
	client->waiting_context = context;
}

enum kh_code kh_client_call(struct kh_client *client, enum kh_method_id method, const void *params, void *result,
			    struct kh_error *error)
{
	static const char empty[64];
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_rpc_id id = {.kind = KH_ID_NUMBER, .number = ++client->number};
	enum kh_code code;

	client->method = &kh_contract.methods[method];
	client->result = result;
	client->answered = false;
	code = kh_request_encode(client->method, &id, params ? params : empty, &text, error);
	if (code != KH_OK)
		return code;
	if (!client->socket)
		return kh_fail(error, KH_AGENT_FAILED);
	kh_socket_send(client->socket, text.data, text.length);
	run_beating(client);
	client->method = NULL;
	if (!client->answered)
		return kh_fail(error, KH_AGENT_FAILED);
	if (client->code != KH_OK && error)
		*error = client->error;
	return client->code;
}

static enum kh_client_outcome greet(struct kh_client *client, const char *locale, bool background)
{
	int64_t protocols[] = {1};
	const struct kh_agent_hello_params params = {protocols, 1, (char *)(uintptr_t)locale, background};
	struct kh_agent_hello_result result;

	client->timed_out = false;
	while (!client->ended && !client->socket && !client->timed_out)
		run(client);
	if (!client->socket && client->close_code == 0)
		return KH_CLIENT_ABSENT;
	if (kh_client_call(client, KH_METHOD_AGENT_HELLO, &params, &result, &client->error) == KH_OK) {
		kh_clear(&kh_agent_hello_result_type, &result);
		client->patience = CALL_SECONDS;
		return KH_CLIENT_OK;
	}
	return client->close_code == CLOSE_REFUSED ? KH_CLIENT_REFUSED : KH_CLIENT_FAILED;
}

enum kh_client_outcome kh_client_connect(const struct kh_client_door *door, struct kh_client **client)
{
	enum kh_client_outcome outcome = KH_CLIENT_FAILED;

	for (size_t i = 0; i < door->count; i++) {
		*client = make(door->loop, door->seconds);
		if (!*client)
			return KH_CLIENT_FAILED;
		(*client)->port = door->ports[i];
		if (kh_client_open((*client)->loop, door->ports[i], &events, *client, &(*client)->server,
				   &(*client)->error) != KH_OK)
			(*client)->ended = true;
		outcome = greet(*client, door->locale, door->background);
		if (outcome == KH_CLIENT_OK || i == door->count - 1)
			return outcome;
		/* Another user's daemon may hold the first port. */
		if (outcome == KH_CLIENT_REFUSED && strcmp((*client)->reason, "other user") != 0)
			return outcome;
		kh_client_free(*client);
		*client = NULL;
	}
	return outcome;
}

enum kh_client_outcome kh_client_over(const struct kh_client_way *way, const char *locale, struct kh_client **client)
{
	*client = make(NULL, CALL_SECONDS);
	if (!*client) {
		way->free(way->context);
		return KH_CLIENT_FAILED;
	}
	(*client)->way = *way;
	if (way->open((*client)->loop, &events, *client, way->context, &(*client)->error) != KH_OK)
		return KH_CLIENT_FAILED;
	return greet(*client, locale, false);
}

const char *kh_client_reason(const struct kh_client *client)
{
	return client ? client->reason : "";
}
