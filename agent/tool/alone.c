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

struct kh_alone {
	struct kh_agent agent;
};

enum kh_code kh_alone_open(uv_loop_t *loop, struct kh_settings *settings, bool unreached,
			   const struct kh_socket_events *events, void *context, struct kh_alone **out,
			   struct kh_error *error)
{
	struct kh_alone *alone = calloc(1, sizeof(*alone));
	struct kh_agent *agent = alone ? &alone->agent : NULL;
	enum kh_code code;

	if (!alone)
		return kh_fail(error, KH_AGENT_FAILED);
	agent->loop = loop;
	agent->handle = kh_dispatch;
	agent->settings = settings;
	agent->unreached = unreached;
	agent->journal = kh_journal_new(settings->state);
	settings->state[0] = '\0';
	if (!agent->journal) {
		free(alone);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	kh_watch_init(agent);
	*out = alone;
	code = kh_modules_init(&agent->modules, loop, settings, error);
	return code == KH_OK ? kh_local_open(loop, ORIGIN, &kh_inbox_events, agent, events, context, error) : code;
}

void kh_alone_stop(struct kh_alone *alone)
{
	if (!alone)
		return;
	kh_watch_finish(&alone->agent);
	kh_modules_stop(&alone->agent.modules);
}

void kh_alone_free(struct kh_alone *alone)
{
	if (!alone)
		return;
	kh_modules_finish(&alone->agent.modules);
	kh_journal_free(alone->agent.journal);
	free(alone);
}
