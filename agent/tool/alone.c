/*
 * A daemon without a door.
 */
#include "tool/alone.h"

#include <stdlib.h>

#include "agent.h"
#include "dispatch.h"
#include "inbox.h"
#include "watch.h"
#include "websocket/local.h"

#define ORIGIN "keyhall"

struct alone {
	struct kh_agent agent;
	struct kh_settings *settings;
};

static enum kh_code open_inside(uv_loop_t *loop, const struct kh_socket_events *events, void *client, void *context,
				struct kh_error *error)
{
	struct alone *alone = context;
	struct kh_agent *agent = &alone->agent;
	enum kh_code code;

	agent->loop = loop;
	agent->handle = kh_dispatch;
	agent->settings = alone->settings;
	agent->journal = kh_journal_new(alone->settings->state);
	alone->settings->state[0] = '\0';
	if (!agent->journal)
		return kh_fail(error, KH_AGENT_FAILED);
	kh_watch_init(agent);
	code = kh_modules_init(&agent->modules, loop, alone->settings, error);
	return code == KH_OK ? kh_local_open(loop, ORIGIN, &kh_inbox_events, agent, events, client, error) : code;
}

static void stop_inside(void *context)
{
	struct alone *alone = context;

	if (!alone->agent.journal)
		return;
	kh_watch_finish(&alone->agent);
	kh_modules_stop(&alone->agent.modules);
}

static void free_inside(void *context)
{
	struct alone *alone = context;

	kh_modules_finish(&alone->agent.modules);
	kh_journal_free(alone->agent.journal);
	free(alone);
}

enum kh_client_outcome kh_client_alone(struct kh_settings *settings, bool unreached, const char *locale,
				       struct kh_client **client)
{
	struct alone *alone = calloc(1, sizeof(*alone));
	const struct kh_client_way way = {open_inside, stop_inside, free_inside, alone};

	*client = NULL;
	if (!alone)
		return KH_CLIENT_FAILED;
	alone->settings = settings;
	alone->agent.unreached = unreached;
	return kh_client_over(&way, locale, client);
}
