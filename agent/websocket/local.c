/*
 * A connection whose two ends are in one process: no port, no libwebsockets. What
 * one end sends the other hears on the loop, later.
 */
#include "websocket/local.h"

#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "websocket/socket.h"

struct item {
	struct item *next;
	size_t length;
	char text[];
};

struct end {
	struct kh_socket socket; /* first: a kh_socket is cast to its end */
	struct local *local;
	int number;
};

struct local {
	struct end ends[2];
	const struct kh_socket_events *events[2];
	struct item *first[2], **last[2]; /* what is on its way to each end */
	uv_timer_t timer;
	const char *reason;
	int code; /* 0: open */
};

static struct end *end_of(struct kh_socket *socket)
{
	return (struct end *)(void *)socket;
}

static struct item *take(struct local *local, int end)
{
	struct item *item = local->first[end];

	if (!item)
		return NULL;
	local->first[end] = item->next;
	if (!item->next)
		local->last[end] = &local->first[end];
	return item;
}

static void freed(uv_handle_t *timer)
{
	free(timer->data);
}

static void hang_up(struct local *local)
{
	for (int end = 0; end < 2; end++) {
		struct item *item;

		if (local->ends[end].socket.owner)
			local->events[end]->closed(local->ends[end].socket.owner, local->code, local->reason);
		while ((item = take(local, end)))
			free(item);
	}
	uv_close((uv_handle_t *)&local->timer, freed);
}

static void deliver(uv_timer_t *timer)
{
	struct local *local = timer->data;
	struct item *item;

	for (int end = 0; end < 2; end++) {
		while (local->code == 0 && (item = take(local, end))) {
			local->events[end]->message(local->ends[end].socket.owner, item->text, item->length, false);
			free(item);
		}
	}
	if (local->code != 0)
		hang_up(local);
}

static void hang_up_later(struct kh_socket *socket, int code, const char *reason)
{
	struct local *local = end_of(socket)->local;

	if (local->code != 0)
		return;
	local->code = code;
	local->reason = reason;
	uv_timer_start(&local->timer, deliver, 0, 0);
}

static void post(struct kh_socket *socket, const char *text, size_t length)
{
	struct local *local = end_of(socket)->local;
	int to = 1 - end_of(socket)->number;
	struct item *item = malloc(sizeof(*item) + length + 1);

	if (!item) {
		hang_up_later(socket, KH_CLOSE_TOO_SLOW, "too slow");
		return;
	}
	*item = (struct item){.length = length};
	memcpy(item->text, text, length);
	item->text[length] = '\0';
	*local->last[to] = item;
	local->last[to] = &item->next;
	uv_timer_start(&local->timer, deliver, 0, 0);
}

static const struct kh_line line = {post, hang_up_later};

static bool open_end(struct local *local, int end, void *context, const char *origin)
{
	struct kh_socket *socket = &local->ends[end].socket;

	local->ends[end].local = local;
	local->ends[end].number = end;
	socket->line = &line;
	socket->owner = local->events[end]->opened(context, socket, origin);
	return socket->owner;
}

enum kh_code kh_local_open(uv_loop_t *loop, const char *origin, const struct kh_socket_events *server,
			   void *server_context, const struct kh_socket_events *client, void *client_context,
			   struct kh_error *error)
{
	struct local *local = calloc(1, sizeof(*local));

	if (!local)
		return kh_fail(error, KH_AGENT_FAILED);
	uv_timer_init(loop, &local->timer);
	local->timer.data = local;
	local->events[0] = server;
	local->events[1] = client;
	local->last[0] = &local->first[0];
	local->last[1] = &local->first[1];
	if (open_end(local, 0, server_context, origin) && open_end(local, 1, client_context, origin))
		return KH_OK;
	local->code = KH_CLOSE_TOO_SLOW;
	local->reason = "failed";
	hang_up(local);
	return kh_fail(error, KH_AGENT_FAILED);
}
