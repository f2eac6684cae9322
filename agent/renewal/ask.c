/*
 * What a renewal asks the token host: for each step its method and parameters.
 */
#include "renewal/ask.h"

#include <assert.h>

static struct kh_renewal_install_params *install_params(const struct kh_run *run)
{
	return run->request->message.params;
}

static void ask(struct kh_run *run, enum kh_host_method_id method, const void *params, kh_token_reply reply)
{
	kh_token_link_call(run->module->link, method, params, run->request->session, reply, run);
}

static char *known(char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static void ask_login(struct kh_run *run, kh_token_reply reply)
{
	static const enum kh_host_prompt_purpose purposes[KH_ACT_COUNT] = {
		[KH_ACT_BEGIN] = KH_HOST_PROMPT_PURPOSE_BEGIN,
		[KH_ACT_INSTALL] = KH_HOST_PROMPT_PURPOSE_INSTALL,
		[KH_ACT_COMPLETE] = KH_HOST_PROMPT_PURPOSE_COMPLETE,
		[KH_ACT_CANCEL] = KH_HOST_PROMPT_PURPOSE_CANCEL,
	};
	struct kh_host_token_login_params params = {.token = run->token};

	params.prompt = (struct kh_host_prompt){
		.session = run->request->session,
		.origin = run->request->origin,
		.locale = run->request->locale,
		.purpose = purposes[run->act],
		.order = run->entry.order,
	};
	ask(run, KH_HOST_METHOD_TOKEN_LOGIN, &params, reply);
}

static void ask_look(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_renewal_residue_params params = {run->entry.order, run->token};

	ask(run, KH_HOST_METHOD_RENEWAL_RESIDUE, &params, reply);
}

static void ask_generate(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_key_generate_params params = {run->token, run->entry.order, run->key_type,
							   known(run->entry.old_certificate)};

	ask(run, KH_HOST_METHOD_KEY_GENERATE, &params, reply);
}

static void ask_rebuild(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_key_rebuild_params params = {
		run->token, run->entry.order, run->act == KH_ACT_INSTALL ? install_params(run)->certificate : NULL};

	ask(run, KH_HOST_METHOD_KEY_REBUILD, &params, reply);
}

static void ask_delete(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_pending_delete_params params = {run->token, run->entry.order};

	ask(run, KH_HOST_METHOD_PENDING_DELETE, &params, reply);
}

static void ask_request(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_request_create_params params = {run->token, run->entry.order, run->entry.old_certificate,
							     run->entry.key, run->request->origin};

	ask(run, KH_HOST_METHOD_REQUEST_CREATE, &params, reply);
}

void kh_run_check(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_renewal_install_params *install = install_params(run);
	const struct kh_host_certificate_check_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = install->certificate,
		.chain = install->chain,
		.chain_count = install->chain_count,
		.key = run->entry.key,
		.old_certificate = known(run->entry.old_certificate),
		.encryption = install->encryption,
	};

	ask(run, KH_HOST_METHOD_CERTIFICATE_CHECK, &params, reply);
}

static void ask_write(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_certificate_write_params params = {run->token, run->entry.order,
								install_params(run)->certificate, run->entry.key};

	ask(run, KH_HOST_METHOD_CERTIFICATE_WRITE, &params, reply);
}

static void ask_import(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_renewal_install_params *install = install_params(run);
	const struct kh_host_encryption_import_params params = {run->token, run->entry.order, *install->encryption,
								install->chain, install->chain_count};

	ask(run, KH_HOST_METHOD_ENCRYPTION_IMPORT, &params, reply);
}

static void ask_prove(struct kh_run *run, kh_token_reply reply)
{
	/* The receipt does not wait for the second reader, the old pair's end does. */
	const struct kh_host_certificate_prove_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = run->entry.certificate,
		.second_reader = run->act == KH_ACT_COMPLETE && !run->module->unread,
	};

	ask(run, KH_HOST_METHOD_CERTIFICATE_PROVE, &params, reply);
}

static void ask_receipt(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_receipt_create_params params = {run->token, run->entry.order, run->entry.certificate,
							     run->request->origin};

	ask(run, KH_HOST_METHOD_RECEIPT_CREATE, &params, reply);
}

static void ask_retire(struct kh_run *run, kh_token_reply reply)
{
	static const enum kh_host_pair_retire_params_retire policies[] = {
		[KH_CONFIG_RETIRE_NONE] = KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_PAIR,
		[KH_CONFIG_RETIRE_PAIR] = KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_PAIR,
		[KH_CONFIG_RETIRE_CERTIFICATE] = KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_CERTIFICATE,
		[KH_CONFIG_RETIRE_NOTHING] = KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_NOTHING,
	};
	const struct kh_host_pair_retire_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = run->entry.certificate,
		.old_certificate = known(run->entry.old_certificate),
		.retire = policies[run->request->agent->settings->config.retire],
	};

	ask(run, KH_HOST_METHOD_PAIR_RETIRE, &params, reply);
}

/* DONE and REFUSE are no questions. */
static void (*const questions[KH_STEP_COUNT])(struct kh_run *run, kh_token_reply reply) = {
	[KH_STEP_LOOK] = ask_look,	 [KH_STEP_LOGIN] = ask_login,	  [KH_STEP_GENERATE] = ask_generate,
	[KH_STEP_REBUILD] = ask_rebuild, [KH_STEP_DELETE] = ask_delete,	  [KH_STEP_REQUEST] = ask_request,
	[KH_STEP_CHECK] = kh_run_check,	 [KH_STEP_WRITE] = ask_write,	  [KH_STEP_IMPORT] = ask_import,
	[KH_STEP_PROVE] = ask_prove,	 [KH_STEP_RECEIPT] = ask_receipt, [KH_STEP_RETIRE] = ask_retire,
};

void kh_run_ask(struct kh_run *run, kh_token_reply reply)
{
	assert(questions[run->step]);
	questions[run->step](run, reply);
}
