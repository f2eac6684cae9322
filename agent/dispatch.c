/*
 * The methods' table, and the lists and PIN calls.
 */
#include "dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "connection.h"
#include "environment.h"
#include "log.h"
#include "renewal/look.h"
#include "renewal/start.h"
#include "report.h"
#include "watch.h"

/* --- looking a token up --- */

/* The token of a URI, looked up anew when it is not known. Then module and
 * token are set, else error; they hold until the loop goes on. */
typedef void (*resolved_fn)(void *context, struct kh_driver *module, const struct kh_token_info *token,
			    const struct kh_error *error);

struct lookup {
	struct kh_agent *agent;
	char *uri;
	resolved_fn resolved;
	void *context;
};

static void looked_up(void *context, const struct kh_error *error)
{
	struct lookup *lookup = context;
	const struct kh_error absent = {.code = KH_TOKEN_ABSENT};
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find(&lookup->agent->modules, lookup->uri, &token);

	if (!module)
		error = error->code != KH_OK ? error : &absent;
	lookup->resolved(lookup->context, module, token, error);
	free(lookup->uri);
	free(lookup);
}

static void resolve(struct kh_agent *agent, const char *uri, resolved_fn resolved, void *context)
{
	const struct kh_error fine = {.code = KH_OK}, failed = {.code = KH_AGENT_FAILED};
	const struct kh_token_info *token = NULL;
	struct kh_driver *module = kh_modules_find(&agent->modules, uri, &token);
	struct lookup *lookup;

	if (module) {
		resolved(context, module, token, &fine);
		return;
	}
	lookup = calloc(1, sizeof(*lookup));
	if (lookup)
		lookup->uri = strdup(uri);
	if (!lookup || !lookup->uri) {
		free(lookup);
		resolved(context, NULL, NULL, &failed);
		return;
	}
	*lookup = (struct lookup){agent, lookup->uri, resolved, context};
	kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), looked_up, lookup);
}

/* --- token.list --- */

static void send_tokens(void *context, const struct kh_error *error)
{
	struct kh_request *request = context;
	struct kh_token_list_result result = {0};

	if (error->code != KH_OK && error->code != KH_DRIVER_MISSING) {
		kh_request_failure(request, error);
		return;
	}
	result.tokens = kh_modules_tokens(&request->agent->modules, &result.tokens_count);
	kh_request_result(request, &result);
	free(result.tokens);
}

static void token_list(struct kh_request *request)
{
	struct kh_agent *agent = request->agent;

	kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), send_tokens, request);
}

/* --- certificate.list --- */

/* What the page asked for, as a JSON object. Outside of these times a window
 * says something else. */
struct listing {
	struct kh_certificate_list_result result;
	char (*dates)[2][KH_TIME_TEXT];
	int64_t valid_from, valid_before;
};

static bool add_certificate(const struct kh_settings *settings, const struct kh_key_certificate *certificate,
			    int64_t now, struct listing *listing)
{
	size_t i = listing->result.certificates_count;
	struct kh_certificate_info *info = &listing->result.certificates[i];
	struct kh_window window;
	int64_t not_after;

	if (!kh_time_parse(certificate->not_after, &not_after))
		return false;
	kh_window_compute(not_after, now, &settings->before, &settings->after, &window);
	kh_time_text(window.opens, listing->dates[i][0]);
	kh_time_text(window.closes, listing->dates[i][1]);
	info->base = *certificate;
	info->renewal =
		(struct kh_renewal_window){window.state, listing->dates[i][0], listing->dates[i][1], window.days_left};
	if (window.valid_from > listing->valid_from)
		listing->valid_from = window.valid_from;
	if (window.valid_before < listing->valid_before)
		listing->valid_before = window.valid_before;
	listing->result.certificates_count++;
	return true;
}

static size_t count_certificates(const struct kh_modules *modules)
{
	size_t count = 0;

	for (size_t i = 0; i < modules->count; i++)
		count += modules->items[i].certificates.certificates_count;
	return count;
}

static void fill(const struct kh_agent *agent, const char *token, struct listing *listing)
{
	int64_t now = kh_agent_now();

	for (size_t i = 0; i < agent->modules.count; i++) {
		const struct kh_host_certificate_found_params *own = &agent->modules.items[i].certificates;

		for (size_t n = 0; n < own->certificates_count; n++) {
			if (token && strcmp(own->certificates[n].token, token) != 0)
				continue;
			if (!add_certificate(agent->settings, &own->certificates[n], now, listing))
				kh_log(KH_LOG_WARNING, "a certificate without an end date is left out");
		}
	}
}

static enum kh_code encode_list(struct kh_agent *agent, const char *token, struct kh_error *error)
{
	size_t count = count_certificates(&agent->modules);
	struct listing listing = {.valid_from = INT64_MIN, .valid_before = INT64_MAX};
	enum kh_code code;

	listing.result.certificates = calloc(count + 1, sizeof(*listing.result.certificates));
	listing.dates = calloc(count + 1, sizeof(*listing.dates));
	if (!listing.result.certificates || !listing.dates) {
		code = kh_fail(error, KH_AGENT_FAILED);
	} else {
		fill(agent, token, &listing);
		kh_buffer_cut(&agent->list.json, 0);
		code = kh_encode(&kh_certificate_list_result_type, &listing.result, &agent->list.json, error);
	}
	free(listing.result.certificates);
	free(listing.dates);
	free(agent->list.token);
	agent->list.token = token ? strdup(token) : NULL;
	agent->list.revision = agent->modules.certificates_revision;
	agent->list.valid_from = listing.valid_from;
	agent->list.valid_before = code == KH_OK ? listing.valid_before : INT64_MIN;
	return code;
}

static bool list_holds(const struct kh_agent *agent, const char *token)
{
	int64_t now = kh_agent_now();
	bool same = !token ? !agent->list.token : agent->list.token && strcmp(agent->list.token, token) == 0;

	return same && agent->list.json.length > 0 && agent->list.revision == agent->modules.certificates_revision &&
	       now >= agent->list.valid_from && now < agent->list.valid_before;
}

static void send_certificates(void *context, const struct kh_error *outcome)
{
	struct kh_request *request = context;
	struct kh_agent *agent = request->agent;
	struct kh_certificate_list_params *params = request->message.params;
	struct kh_error error = *outcome;

	if (error.code == KH_OK && !list_holds(agent, params->token) &&
	    encode_list(agent, params->token, &error) != KH_OK)
		kh_log_failure(KH_LOG_WARNING, "certificate.list", &error);
	if (error.code != KH_OK)
		kh_request_failure(request, &error);
	else
		kh_request_json(request, agent->list.json.data, agent->list.json.length);
}

static void list_of_token(void *context, struct kh_driver *module, const struct kh_token_info *token,
			  const struct kh_error *error)
{
	struct kh_request *request = context;
	struct kh_certificate_list_params *params = request->message.params;
	char *canonical = module ? strdup(token->token) : NULL;

	if (!canonical) {
		kh_request_failure(request, error);
		return;
	}
	free(params->token);
	params->token = canonical;
	kh_modules_list_certificates(&request->agent->modules, send_certificates, request);
}

static void certificate_list(struct kh_request *request)
{
	const struct kh_certificate_list_params *params = request->message.params;

	if (params->token)
		resolve(request->agent, params->token, list_of_token, request);
	else
		kh_modules_list_certificates(&request->agent->modules, send_certificates, request);
}

/* --- PIN --- */

static const char *pin_token(const struct kh_request *request)
{
	if (request->message.method->id == KH_METHOD_PIN_CHANGE)
		return ((const struct kh_pin_change_params *)request->message.params)->token;
	return ((const struct kh_pin_verify_params *)request->message.params)->token;
}

struct pin_call {
	struct kh_request *request;
	char serial[65];
};

static void pin_done(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct pin_call *call = context;
	struct kh_agent *agent = call->request->agent;
	int64_t session = call->request->session;

	(void)result;
	kh_agent_release(agent, call->serial, session);
	if (code == KH_OK) {
		const struct kh_pin_verify_result empty = {0};

		kh_request_result(call->request, &empty);
	} else {
		kh_request_failure(call->request, error);
	}
	free(call);
	kh_watch_soon(agent);
	kh_connections_settle(agent, session);
}

static void ask_pin(struct pin_call *call, struct kh_driver *module, const struct kh_token_info *token)
{
	struct kh_request *request = call->request;
	struct kh_host_prompt prompt = {
		.session = request->session, .origin = request->origin, .locale = request->locale};

	if (request->message.method->id == KH_METHOD_PIN_CHANGE) {
		struct kh_host_pin_change_params params = {.token = token->token, .prompt = prompt};

		params.prompt.purpose = KH_HOST_PROMPT_PURPOSE_CHANGE;
		kh_token_link_call(module->link, KH_HOST_METHOD_PIN_CHANGE, &params, request->session, pin_done, call);
	} else {
		struct kh_host_token_login_params params = {.token = token->token, .prompt = prompt, .verify = true};

		params.prompt.purpose = KH_HOST_PROMPT_PURPOSE_VERIFY;
		kh_token_link_call(module->link, KH_HOST_METHOD_TOKEN_LOGIN, &params, request->session, pin_done, call);
	}
}

static void pin_on_token(void *context, struct kh_driver *module, const struct kh_token_info *token,
			 const struct kh_error *error)
{
	struct kh_request *request = context;
	struct pin_call *call;

	if (!module) {
		kh_request_failure(request, error);
		return;
	}
	if (!kh_request_wanted(request)) {
		kh_request_fail(request, KH_PIN_CANCELLED);
		return;
	}
	if (kh_modules_asking(&request->agent->modules, module) ||
	    !kh_agent_hold(request->agent, token->serial, "", request->session)) {
		kh_request_fail(request, KH_AGENT_BUSY);
		return;
	}
	call = calloc(1, sizeof(*call));
	if (!call) {
		kh_agent_release(request->agent, token->serial, request->session);
		kh_request_fail(request, KH_AGENT_FAILED);
		return;
	}
	call->request = request;
	snprintf(call->serial, sizeof(call->serial), "%s", token->serial);
	ask_pin(call, module, token);
}

static void pin(struct kh_request *request)
{
	resolve(request->agent, pin_token(request), pin_on_token, request);
}

/* --- the table --- */

/* Deadlines of questions to a token host stand in token_link.c, a row for each
 * of its methods. agent.hello is answered in connection.c; the last two are
 * notifications of ours. */
static void (*const handlers[KH_METHOD_COUNT])(struct kh_request *request) = {
	[KH_METHOD_ENVIRONMENT_CHECK] = kh_environment_check,
	[KH_METHOD_TOKEN_LIST] = token_list,
	[KH_METHOD_CERTIFICATE_LIST] = certificate_list,
	[KH_METHOD_PIN_VERIFY] = pin,
	[KH_METHOD_PIN_CHANGE] = pin,
	[KH_METHOD_RENEWAL_BEGIN] = kh_renewal_begin,
	[KH_METHOD_RENEWAL_INSTALL] = kh_renewal_install,
	[KH_METHOD_RENEWAL_COMPLETE] = kh_renewal_complete,
	[KH_METHOD_RENEWAL_INSPECT] = kh_renewal_inspect,
	[KH_METHOD_RENEWAL_LIST] = kh_renewal_list,
	[KH_METHOD_RENEWAL_CANCEL] = kh_renewal_cancel,
	[KH_METHOD_DIAGNOSTICS_REPORT] = kh_report_make,
};

void kh_dispatch(struct kh_request *request)
{
	kh_log(KH_LOG_DEBUG, "#%lld %s", (long long)request->session, request->message.method->name);
	handlers[request->message.method->id](request);
}
