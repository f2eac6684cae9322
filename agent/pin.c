/*
 * The PIN calls.
 */
#include "pin.h"

#include <stdio.h>
#include <stdlib.h>

#include "connection.h"
#include "lookup.h"
#include "prompt.h"
#include "watch.h"

static const char *token_of(const struct kh_request *request)
{
	if (request->message.method->id == KH_METHOD_PIN_CHANGE)
		return ((const struct kh_pin_change_params *)request->message.params)->token;
	return ((const struct kh_pin_verify_params *)request->message.params)->token;
}

struct call {
	struct kh_request *request;
	char token[KH_TOKEN_URI_MAX + 1];
};

static void done(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct call *call = context;
	struct kh_agent *agent = call->request->agent;
	int64_t session = call->request->session;

	(void)result;
	kh_agent_release(agent, call->token, session);
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

static void ask(struct call *call, struct kh_driver *module, const struct kh_token_info *token)
{
	struct kh_request *request = call->request;

	if (request->message.method->id == KH_METHOD_PIN_CHANGE) {
		const struct kh_host_pin_change_params params = {
			.token = token->token,
			.prompt = kh_prompt_make(request, KH_HOST_PROMPT_PURPOSE_CHANGE, token->token, NULL),
		};

		kh_token_link_call(module->link, KH_HOST_METHOD_PIN_CHANGE, &params, request->session, done, call);
	} else {
		const struct kh_host_token_login_params params = {
			.token = token->token,
			.prompt = kh_prompt_make(request, KH_HOST_PROMPT_PURPOSE_VERIFY, token->token, NULL),
			.verify = true,
		};

		kh_token_link_call(module->link, KH_HOST_METHOD_TOKEN_LOGIN, &params, request->session, done, call);
	}
}

static void on_token(void *context, struct kh_driver *module, const struct kh_token_info *token,
		     const struct kh_error *error)
{
	struct kh_request *request = context;
	struct call *call;

	if (!module) {
		kh_request_failure(request, error);
		return;
	}
	if (!kh_request_wanted(request)) {
		kh_request_fail(request, KH_PIN_CANCELLED);
		return;
	}
	if (kh_modules_asking(&request->agent->modules, module) ||
	    !kh_agent_hold(request->agent, token->token, "", request->session)) {
		kh_request_fail(request, KH_AGENT_BUSY);
		return;
	}
	call = calloc(1, sizeof(*call));
	if (!call) {
		kh_agent_release(request->agent, token->token, request->session);
		kh_request_fail(request, KH_AGENT_FAILED);
		return;
	}
	call->request = request;
	snprintf(call->token, sizeof(call->token), "%s", token->token);
	ask(call, module, token);
}

void kh_pin_call(struct kh_request *request)
{
	kh_lookup(request->agent, token_of(request), on_token, request);
}
