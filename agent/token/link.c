/*
 * A token host's life: start, death, and what is asked of it meanwhile. The
 * conversation is in token_talk.c, the queue in token_calls.c, the process in
 * token_child.c, what a report says of it in token_report.c.
 */
#include "token/link_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"

#define PAUSE_FIRST 200 /* ms, doubled with every death */
#define PAUSE_MAX 30000
#define PAUSE_MISSING 2000

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *backslash = strrchr(path, '\\');

	if (backslash && (!slash || backslash > slash))
		slash = backslash;
	return slash ? slash + 1 : path;
}

struct kh_token_link *kh_token_link_new(uv_loop_t *loop, const struct kh_settings *settings, const char *module,
					const char *program)
{
	struct kh_token_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->timer = calloc(1, sizeof(*link->timer));
	if (!link->timer || uv_timer_init(loop, link->timer) != 0) {
		free(link->timer);
		free(link);
		return NULL;
	}
	link->timer->data = link;
	link->loop = loop;
	link->settings = settings;
	link->module = module;
	link->program = program;
	kh_token_calls_init(&link->waiting, settings->config.deadlines);
	link->failure.code = KH_OK;
	return link;
}

void kh_token_link_listen(struct kh_token_link *link, kh_token_found found, void *context)
{
	link->found = found;
	link->found_context = context;
}

/* Answers whatever waits now; what the answers ask for anew stays. */
static void fail_all(struct kh_token_link *link, const struct kh_error *error)
{
	struct kh_token_call *call = kh_steal(&link->current);
	struct kh_token_call *waiting = link->waiting.first;

	link->waiting.first = NULL;
	link->waiting.last = &link->waiting.first;
	if (call)
		kh_token_call_end(call, error->code, NULL, error);
	while (waiting) {
		call = waiting;
		waiting = call->next;
		kh_token_call_end(call, error->code, NULL, error);
	}
}

static void forget_child(struct kh_token_link *link)
{
	uv_timer_stop(link->timer);
	kh_token_child_kill(link->child);
	link->child = NULL;
	link->prompting = false;
	link->cancelled = false;
	kh_buffer_finish(&link->rest);
	kh_clear(&kh_host_host_type, &link->host);
	if (link->state != STATE_STOPPED)
		link->state = STATE_DOWN;
}

/* The module cannot be loaded: that is no crash and is tried again soon. */
static void give_up(struct kh_token_link *link, const struct kh_error *why)
{
	struct kh_error error = *why;

	forget_child(link);
	link->start_after = uv_now(link->loop) + PAUSE_MISSING;
	if (error.module[0] == '\0')
		snprintf(error.module, sizeof(error.module), "%s", file_name(link->module));
	if (link->failure.code != error.code)
		kh_log_failure(KH_LOG_WARNING, file_name(link->module), &error);
	link->failure = error;
	fail_all(link, &error);
}

void kh_token_link_lose(struct kh_token_link *link, const char *how)
{
	struct kh_error error = {0};
	char call[64] = "";

	if (link->child)
		kh_token_child_mark(link->child, call, sizeof(call));
	if (call[0] == '\0' && link->current)
		snprintf(call, sizeof(call), "%s", kh_host_contract.methods[link->current->method].name);
	forget_child(link);
	kh_log(KH_LOG_ERROR, "%s: token host %s%s%s", file_name(link->module), how, call[0] ? " in " : "", call);
	link->start_after = uv_now(link->loop) + link->pause;
	link->pause = link->pause == 0 ? PAUSE_FIRST : link->pause * 2 > PAUSE_MAX ? PAUSE_MAX : link->pause * 2;
	snprintf(link->last_call, sizeof(link->last_call), "%s", call);
	kh_fail_call(&error, KH_TOKEN_FAILED, call, "");
	snprintf(error.module, sizeof(error.module), "%s", file_name(link->module));
	link->failure = error;
	fail_all(link, &error);
}

static void child_ended(void *context)
{
	kh_token_link_lose(context, "died");
}

static void configured(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct kh_token_link *link = context;

	if (link->state != STATE_STARTING)
		return;
	if (code != KH_OK) {
		give_up(link, error);
		return;
	}
	link->host = *(struct kh_host_host *)result;
	*(struct kh_host_host *)result = (struct kh_host_host){0};
	link->state = STATE_RUNNING;
	kh_log(KH_LOG_INFO, "%s: token host runs, %s %s", link->host.module, link->host.manufacturer,
	       link->host.library_version);
}

static void configure(struct kh_token_link *link)
{
	const struct kh_config *config = &link->settings->config;
	struct kh_host_host_configure_params params = {
		.pinentry = config->pinentry,
		.locale = config->locale,
		.anchors = config->anchors,
		.anchors_count = config->anchors_count,
		.credit_code_oids = config->credit_code_oids,
		.credit_code_oids_count = config->credit_code_oids_count,
		.import_on_host = config->encryption_import == KH_CONFIG_ENCRYPTION_IMPORT_HOST,
		.profiles = config->profiles,
	};
	struct kh_error error = {0};
	struct kh_token_call *call;

	if (kh_token_calls_make(&link->waiting, KH_HOST_METHOD_HOST_CONFIGURE, &params, &call, &error) != KH_OK) {
		give_up(link, &error);
		return;
	}
	call->reply = configured;
	call->context = link;
	kh_token_calls_prepend(&link->waiting, call);
	kh_token_talk_send(link);
}

void kh_token_link_start(struct kh_token_link *link)
{
	const struct kh_token_place place = {link->program, link->module, link->settings->state,
					     link->settings->config.deadlines};
	const struct kh_token_ears ears = {kh_token_talk_output, child_ended, link};
	struct kh_error error = {0};

	if (link->state != STATE_DOWN)
		return;
	/* No process for each look at a driver that is not installed. */
	if (!kh_system_readable(link->module)) {
		kh_fail_call(&error, KH_DRIVER_MISSING, "dlopen", "");
		give_up(link, &error);
		return;
	}
	if (kh_token_child_new(link->loop, &place, &ears, &link->child, &error) != KH_OK) {
		give_up(link, &error);
		return;
	}
	link->restarts++;
	link->state = STATE_STARTING;
	configure(link);
}

static void refuse(const struct kh_error *error, kh_token_reply reply, void *context)
{
	if (reply)
		reply(context, error->code, NULL, error);
}

void kh_token_link_call(struct kh_token_link *link, enum kh_host_method_id method, const void *params, int64_t session,
			kh_token_reply reply, void *context)
{
	struct kh_error error = {.code = KH_AGENT_STOPPING};
	struct kh_token_call *call;

	if (link->state == STATE_DOWN && uv_now(link->loop) >= link->start_after)
		kh_token_link_start(link);
	if (link->state == STATE_STOPPED || link->state == STATE_DOWN) {
		refuse(link->state == STATE_DOWN ? &link->failure : &error, reply, context);
		return;
	}
	if (kh_token_calls_make(&link->waiting, method, params, &call, &error) != KH_OK) {
		refuse(&error, reply, context);
		return;
	}
	call->session = session;
	call->reply = reply;
	call->context = context;
	kh_token_calls_append(&link->waiting, call);
	kh_token_talk_send(link);
}

bool kh_token_link_asking(const struct kh_token_link *link)
{
	return link->current && kh_token_call_asks_pin(link->current);
}

void kh_token_link_cancel(struct kh_token_link *link, int64_t session)
{
	const struct kh_error error = {.code = KH_PIN_CANCELLED};
	struct kh_token_call *call;

	while ((call = kh_token_calls_take_pin(&link->waiting, session)))
		kh_token_call_end(call, error.code, NULL, &error);
	if (kh_token_link_asking(link) && link->current->session == session)
		kh_token_talk_cancel(link, session);
}

void kh_token_link_logout(struct kh_token_link *link, int64_t session)
{
	const struct kh_host_token_logout_params params = {.session = session};

	if (link->state == STATE_RUNNING)
		kh_token_link_call(link, KH_HOST_METHOD_TOKEN_LOGOUT, &params, 0, NULL, NULL);
}

bool kh_token_link_prompting(const struct kh_token_link *link)
{
	return link->prompting;
}

bool kh_token_link_runs(const struct kh_token_link *link)
{
	return link->state == STATE_RUNNING;
}

bool kh_token_link_idle(const struct kh_token_link *link)
{
	return !link->current && !link->waiting.first;
}

const char *kh_token_link_name(const struct kh_token_link *link)
{
	return file_name(link->module);
}

enum kh_code kh_token_link_state(const struct kh_token_link *link)
{
	return link->failure.code;
}

void kh_token_link_retry(struct kh_token_link *link)
{
	link->start_after = 0;
}

bool kh_token_link_suspect(const struct kh_token_link *link)
{
	return link->suspect;
}

static void probed(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct kh_token_link *link = context;

	(void)code;
	(void)result;
	(void)error;
	link->probing = false;
}

void kh_token_link_probe(struct kh_token_link *link)
{
	const struct kh_host_token_list_params params = {.refresh = false};

	if (link->probing)
		return;
	link->probing = true;
	kh_token_link_call(link, KH_HOST_METHOD_TOKEN_LIST, &params, 0, probed, link);
}

const struct kh_error *kh_token_link_failure(const struct kh_token_link *link)
{
	return &link->failure;
}

void kh_token_link_stop(struct kh_token_link *link)
{
	const struct kh_error error = {.code = KH_AGENT_STOPPING};

	if (link->state == STATE_STOPPED)
		return;
	link->state = STATE_STOPPED;
	if (link->child)
		kh_token_child_end(link->child);
	link->child = NULL;
	forget_child(link);
	fail_all(link, &error);
	uv_close((uv_handle_t *)link->timer, (uv_close_cb)free);
	link->timer = NULL;
}

void kh_token_link_free(struct kh_token_link *link)
{
	if (!link)
		return;
	assert(link->state == STATE_STOPPED);
	free(link);
}
