/*
 * Polling for keys.
 */
#include "watch.h"

#include <stdlib.h>

#include "connection.h"
#include "log.h"

#define PERIOD 2000 /* ms */
#define FIRST 20    /* ms, from a hello to the look at the bus: the answer goes out before */
#define SETTLE 500  /* ms, from a USB event to the question */
#define SOON 100    /* ms, from an answer to the look at what it changed */
#define LOOKS 3	    /* after a change of the bus, while no page is connected: a driver takes its time */

static void answered(void *context, const struct kh_error *error)
{
	struct kh_agent *agent = context;

	(void)error; /* a page that asks is told */
	agent->poll_running = false;
}

static bool idle(const struct kh_agent *agent)
{
	for (size_t i = 0; i < agent->modules.count; i++) {
		if (!kh_token_link_idle(agent->modules.items[i].link))
			return false;
	}
	return true;
}

static void look(struct kh_agent *agent, bool refresh)
{
	if (agent->poll_running || !idle(agent))
		return;
	agent->poll_running = true;
	kh_modules_list_tokens(&agent->modules, refresh, answered, agent);
}

static void on_period(uv_timer_t *timer)
{
	struct kh_agent *agent = timer->data;

	look(agent, false);
	kh_usb_look(agent->usb);
}

/* A key on the bus that no module shows: modules that look only once at their
 * start are started again. */
static void on_settled(uv_timer_t *timer)
{
	struct kh_agent *agent = timer->data;
	bool unseen = agent->usb && kh_usb_count(agent->usb) > kh_modules_count_tokens(&agent->modules);

	look(agent, unseen && !agent->holds);
	if (agent->polling)
		uv_timer_start(timer, on_period, PERIOD, PERIOD);
	else if (--agent->looks > 0)
		uv_timer_start(timer, on_settled, PERIOD, 0);
}

static void on_usb(void *context)
{
	struct kh_agent *agent = context;

	if (!agent->polling && !agent->listening && !agent->keys_changed)
		return;
	agent->looks = LOOKS;
	uv_timer_start(&agent->poll, on_settled, SETTLE, 0);
}

static void announce(struct kh_agent *agent, bool own_only)
{
	struct kh_token_changed_params params = {0};

	params.tokens = kh_modules_tokens(&agent->modules, &params.tokens_count);
	kh_connections_notify(agent, own_only, KH_METHOD_TOKEN_CHANGED, &params);
	free(params.tokens);
}

void kh_watch_written(struct kh_agent *agent)
{
	announce(agent, true);
}

static void changed(void *context)
{
	struct kh_agent *agent = context;

	announce(agent, false);
	if (agent->keys_changed)
		agent->keys_changed(agent);
}

void kh_watch_init(struct kh_agent *agent)
{
	uv_timer_init(agent->loop, &agent->poll);
	agent->poll.data = agent;
	agent->modules.changed = changed;
	agent->modules.context = agent;
}

void kh_watch_finish(struct kh_agent *agent)
{
	kh_usb_stop(agent->usb);
	agent->usb = NULL;
	kh_profiles_clear(&agent->profiles);
	uv_close((uv_handle_t *)&agent->poll, NULL);
}

const struct kh_profiles *kh_watch_profiles(struct kh_agent *agent)
{
	char host[2 * KH_PATH_MAX];
	struct kh_error error;
	enum kh_code code;

	if (agent->profiles.count > 0)
		return &agent->profiles;
	code = kh_system_token_host(0, host, sizeof(host), &error);
	if (code == KH_OK)
		code = kh_profiles_load(&agent->profiles, agent->settings->config.drivers, host, &error);
	if (code != KH_OK)
		kh_log_failure(KH_LOG_ERROR, "driver profiles", &error);
	return &agent->profiles;
}

const struct kh_usb *kh_watch_usb(struct kh_agent *agent)
{
	if (!agent->usb)
		agent->usb = kh_usb_start(agent->loop, kh_watch_profiles(agent), on_usb, agent);
	return agent->usb;
}

static void on_first(uv_timer_t *timer)
{
	struct kh_agent *agent = timer->data;

	kh_watch_usb(agent);
	if (agent->polling)
		uv_timer_start(timer, on_period, PERIOD, PERIOD);
}

static bool is_there(const struct kh_agent *agent, bool background)
{
	for (const struct kh_connection *one = agent->connections; one; one = one->next) {
		if (one->greeted && one->background == background)
			return true;
	}
	return false;
}

void kh_watch_adjust(struct kh_agent *agent)
{
	const bool polling = is_there(agent, false), listening = is_there(agent, true);
	const bool begins = (polling && !agent->polling) || (listening && !agent->listening && !polling);

	if (agent->polling && !polling)
		uv_timer_stop(&agent->poll);
	agent->polling = polling;
	agent->listening = listening;
	if (begins)
		uv_timer_start(&agent->poll, on_first, FIRST, 0);
}

void kh_watch_soon(struct kh_agent *agent)
{
	if (agent->polling && uv_timer_get_due_in(&agent->poll) > SETTLE)
		uv_timer_start(&agent->poll, on_period, SOON, PERIOD);
}

bool kh_watch_may_refresh(const struct kh_agent *agent)
{
	return !agent->holds && kh_modules_count_tokens(&agent->modules) == 0;
}
