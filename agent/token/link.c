/*
 * A token host's life: start, death, and what is asked of it meanwhile.
 */
#include "token/link.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file.h"
#include "log.h"
#include "token/program.h"

#define PAUSE_FIRST 200 /* ms, doubled with every death */
#define PAUSE_MAX 30000
#define PAUSE_MISSING 2000

static void forget_child(struct kh_token_link *link)
{
	kh_token_talk_end(&link->talk);
	kh_token_child_kill(link->child);
	link->child = NULL;
	kh_clear(&kh_host_host_type, &link->host);
	if (link->state != KH_LINK_STOPPED)
		link->state = KH_LINK_DOWN;
}

/* The module cannot be loaded: that is no crash and is tried again soon. */
static void give_up(struct kh_token_link *link, const struct kh_error *why)
{
	struct kh_error error = *why;

	forget_child(link);
	link->starts_once = false; /* in no process */
	link->start_after = uv_now(link->loop) + PAUSE_MISSING;
	if (error.module[0] == '\0')
		snprintf(error.module, sizeof(error.module), "%s", kh_file_name(link->module));
	if (link->failure.code != error.code)
		kh_log_failure(KH_LOG_WARNING, kh_file_name(link->module), &error);
	link->failure = error;
	kh_token_talk_fail(&link->talk, &error);
}

/* The functions that only a module's start and its end call. */
static bool is_start(const char *call)
{
	return strcmp(call, "C_Finalize") == 0 || strcmp(call, "C_Initialize") == 0 || strcmp(call, "C_GetInfo") == 0;
}

/* The module could not be started again in its child: another one takes over the
 * call that needed it. False when that may not be made again. */
static bool replace(struct kh_token_link *link, const char *call)
{
	if (!link->starts_once)
		kh_log(KH_LOG_WARNING, "%s: cannot be started again in its process", kh_file_name(link->module));
	link->starts_once = true;
	if (link->talk.hung || !kh_token_talk_repeat(&link->talk))
		return false;
	snprintf(link->last_call, sizeof(link->last_call), "%s", call);
	link->replaced = true;
	if (link->child)
		kh_token_child_end(kh_steal(&link->child));
	forget_child(link);
	kh_token_link_start(link);
	return true;
}

static void lost(void *context, const char *how)
{
	struct kh_token_link *link = context;
	bool ran = link->state == KH_LINK_RUNNING;
	struct kh_error error = {0};
	char call[KH_ERROR_DATA_CALL_MAX + 1] = "";

	if (link->child)
		kh_token_child_mark(link->child, call, sizeof(call));
	if (call[0] == '\0' && link->talk.current)
		snprintf(call, sizeof(call), "%s", kh_host_contract.methods[link->talk.current->method].name);
	forget_child(link);
	kh_log(KH_LOG_ERROR, "%s: token host %s%s%s", kh_file_name(link->module), how, call[0] ? " in " : "", call);
	if (ran && is_start(call) && replace(link, call))
		return;
	link->start_after = uv_now(link->loop) + link->pause;
	link->pause = link->pause == 0 ? PAUSE_FIRST : link->pause * 2 > PAUSE_MAX ? PAUSE_MAX : link->pause * 2;
	snprintf(link->last_call, sizeof(link->last_call), "%s", call);
	link->replaced = false;
	kh_fail_call(&error, KH_TOKEN_FAILED, call, "");
	snprintf(error.module, sizeof(error.module), "%s", kh_file_name(link->module));
	link->failure = error;
	kh_token_talk_fail(&link->talk, &error);
}

static bool answered(void *context, const struct kh_error *error)
{
	struct kh_token_link *link = context;

	link->pause = 0;
	link->failure = (struct kh_error){0};
	return !is_start(error->call) || !replace(link, error->call);
}

struct kh_token_link *kh_token_link_new(uv_loop_t *loop, const struct kh_settings *settings, const char *module,
					const char *program, const char *init)
{
	struct kh_token_link *link = calloc(1, sizeof(*link));
	const struct kh_token_talk_events events = {lost, answered, link};

	if (!link || !kh_token_talk_init(&link->talk, loop, settings->config.deadlines, &events)) {
		free(link);
		return NULL;
	}
	link->loop = loop;
	link->settings = settings;
	link->module = module;
	link->given = program;
	link->init = init;
	return link;
}

void kh_token_link_try(struct kh_token_link *link, const struct kh_token_trial *trial)
{
	link->trial = trial;
}

void kh_token_link_listen(struct kh_token_link *link, kh_token_found found, void *context)
{
	link->talk.found = found;
	link->talk.found_context = context;
}

void kh_token_link_observe(struct kh_token_link *link, struct kh_trace *trace)
{
	link->talk.trace = trace;
	link->talk.name = kh_file_name(link->module);
}

void kh_token_link_trace(struct kh_token_link *link)
{
	kh_token_talk_trace(&link->talk);
}

/* One that says so, or does not understand what it is told, or is not understood. */
static bool is_of_another_version(enum kh_code code, const struct kh_host_host *host)
{
	return code == KH_REQUEST_INVALID || (code == KH_OK && strcmp(host->version, KH_VERSION) != 0);
}

static void configured(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct kh_token_link *link = context;
	struct kh_error mixed = {.code = KH_AGENT_MIXED};

	if (link->state != KH_LINK_STARTING)
		return;
	if (is_of_another_version(code, result)) {
		if (code == KH_OK)
			snprintf(mixed.value, sizeof(mixed.value), "%s", ((struct kh_host_host *)result)->version);
		give_up(link, &mixed);
		return;
	}
	if (code != KH_OK) {
		give_up(link, error);
		return;
	}
	link->host = *(struct kh_host_host *)result;
	*(struct kh_host_host *)result = (struct kh_host_host){0};
	link->state = KH_LINK_RUNNING;
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
		.profiles = config->drivers,
		.init = (char *)link->init,
		.starts_once = link->starts_once,
	};
	struct kh_error error = {0};
	struct kh_token_call *call;

	if (kh_token_calls_make(&link->talk.waiting, KH_HOST_METHOD_HOST_CONFIGURE, &params, &call, &error) != KH_OK) {
		give_up(link, &error);
		return;
	}
	call->reply = configured;
	call->context = link;
	kh_token_talk_begin(&link->talk, link->child, call);
}

/* Anew each time: a driver may have been installed meanwhile, or another one in its place. */
static enum kh_code choose_program(struct kh_token_link *link, struct kh_error *error)
{
	if (!link->given)
		return kh_token_program(link->module, link->program, sizeof(link->program), error);
	snprintf(link->program, sizeof(link->program), "%s", link->given);
	return KH_OK;
}

void kh_token_link_start(struct kh_token_link *link)
{
	const struct kh_token_place place = {link->program, link->module, link->settings->state,
					     link->settings->config.deadlines, link->trial};
	const struct kh_token_ears ears = kh_token_talk_ears(&link->talk);
	struct kh_error error = {0};

	if (link->state != KH_LINK_DOWN)
		return;
	if (choose_program(link, &error) != KH_OK) {
		give_up(link, &error);
		return;
	}
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
	link->starts++;
	link->state = KH_LINK_STARTING;
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

	if (link->state == KH_LINK_DOWN && uv_now(link->loop) >= link->start_after)
		kh_token_link_start(link);
	if (link->state == KH_LINK_STOPPED || link->state == KH_LINK_DOWN) {
		refuse(link->state == KH_LINK_DOWN ? &link->failure : &error, reply, context);
		return;
	}
	if (kh_token_calls_make(&link->talk.waiting, method, params, &call, &error) != KH_OK) {
		refuse(&error, reply, context);
		return;
	}
	call->session = session;
	call->reply = reply;
	call->context = context;
	kh_token_talk_call(&link->talk, call);
}

bool kh_token_link_asking(const struct kh_token_link *link)
{
	return kh_token_talk_asking(&link->talk);
}

void kh_token_link_cancel(struct kh_token_link *link, int64_t session)
{
	kh_token_talk_cancel(&link->talk, session);
}

void kh_token_link_logout(struct kh_token_link *link, int64_t session)
{
	const struct kh_host_token_logout_params params = {.session = session};

	if (link->state == KH_LINK_RUNNING)
		kh_token_link_call(link, KH_HOST_METHOD_TOKEN_LOGOUT, &params, 0, NULL, NULL);
}

bool kh_token_link_prompting(const struct kh_token_link *link)
{
	return link->talk.prompting;
}

bool kh_token_link_runs(const struct kh_token_link *link)
{
	return link->state == KH_LINK_RUNNING;
}

bool kh_token_link_idle(const struct kh_token_link *link)
{
	return !link->talk.current && !link->talk.waiting.first;
}

const char *kh_token_link_name(const struct kh_token_link *link)
{
	return kh_file_name(link->module);
}

void kh_token_link_retry(struct kh_token_link *link)
{
	link->start_after = 0;
}

bool kh_token_link_suspect(const struct kh_token_link *link)
{
	return link->talk.hung;
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

void kh_token_link_stop(struct kh_token_link *link)
{
	const struct kh_error error = {.code = KH_AGENT_STOPPING};

	if (link->state == KH_LINK_STOPPED)
		return;
	link->state = KH_LINK_STOPPED;
	if (link->child)
		kh_token_child_end(link->child);
	link->child = NULL;
	forget_child(link);
	kh_token_talk_fail(&link->talk, &error);
	kh_token_talk_finish(&link->talk);
}

void kh_token_link_free(struct kh_token_link *link)
{
	if (!link)
		return;
	assert(link->state == KH_LINK_STOPPED);
	free(link);
}
