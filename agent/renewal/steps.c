/*
 * What a renewal asks the token host, and what it learns.
 */
#include "renewal/steps.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "prompt.h"

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

static char *own_key(struct kh_run *run)
{
	return run->entry.key == KH_KEY_CHOICE_SAME ? NULL : known(run->public_key);
}

struct kh_host_order_name kh_step_name(struct kh_run *run)
{
	return (struct kh_host_order_name){
		.order = run->entry.order,
		.public_key = own_key(run),
		.made = run->made,
		.old_certificate = run->act == KH_ACT_COMPLETE ? kh_journal_replaces(&run->entry) : NULL,
	};
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

	params.prompt = kh_prompt_make(run->request, purposes[run->act], run->token, run->entry.old_certificate);
	params.prompt.order = run->entry.order;
	params.prompt.again = run->again;
	ask(run, KH_HOST_METHOD_TOKEN_LOGIN, &params, reply);
}

static void ask_look(struct kh_run *run, kh_token_reply reply)
{
	struct kh_host_order_name name = kh_step_name(run);
	const struct kh_host_renewal_residue_params params = {
		.orders = &name,
		.orders_count = 1,
		.token = run->token,
		.login = (run->facts & KH_FACT_LOGIN) != 0,
	};

	ask(run, KH_HOST_METHOD_RENEWAL_RESIDUE, &params, reply);
}

static void ask_generate(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_key_generate_params params = {
		.token = run->token,
		.order = run->entry.order,
		.key_type = run->key_type,
		.old_certificate = known(run->entry.old_certificate),
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_KEY_GENERATE, &params, reply);
}

static void ask_rebuild(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_key_rebuild_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = run->act == KH_ACT_INSTALL ? install_params(run)->certificate : NULL,
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_KEY_REBUILD, &params, reply);
}

static void ask_delete(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_pending_delete_params params = {
		.token = run->token,
		.order = run->entry.order,
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_PENDING_DELETE, &params, reply);
}

static void ask_request(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_request_create_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = run->entry.old_certificate,
		.key = run->entry.key,
		.origin = run->request->origin,
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_REQUEST_CREATE, &params, reply);
}

void kh_step_ask_check(struct kh_run *run, kh_token_reply reply)
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
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_CERTIFICATE_CHECK, &params, reply);
}

static void ask_write(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_certificate_write_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = install_params(run)->certificate,
		.key = run->entry.key,
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_CERTIFICATE_WRITE, &params, reply);
}

static void ask_import(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_renewal_install_params *install = install_params(run);
	const struct kh_host_encryption_import_params params = {
		.token = run->token,
		.order = run->entry.order,
		.encryption = *install->encryption,
		.chain = install->chain,
		.chain_count = install->chain_count,
		.public_key = own_key(run),
		.made = run->made,
	};

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
		.receipt = run->act == KH_ACT_INSTALL,
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_CERTIFICATE_PROVE, &params, reply);
}

static void ask_receipt(struct kh_run *run, kh_token_reply reply)
{
	const struct kh_host_receipt_create_params params = {
		.token = run->token,
		.order = run->entry.order,
		.certificate = run->entry.certificate,
		.origin = run->request->origin,
		.public_key = own_key(run),
		.made = run->made,
	};

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
		.public_key = own_key(run),
		.made = run->made,
	};

	ask(run, KH_HOST_METHOD_PAIR_RETIRE, &params, reply);
}

/* --- what is learnt --- */

static void take_residue(struct kh_run *run, void *answer)
{
	const struct kh_host_renewal_residue_result *result = answer;
	const struct kh_host_residue *residue = result->residues_count > 0 ? &result->residues[0] : NULL;
	const char *asked = run->act == KH_ACT_INSTALL && run->entry.certificate[0] ? run->entry.certificate : NULL;

	run->facts = kh_renewal_look(run->facts, residue, asked);
}

static void take_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static void take_request(struct kh_run *run, void *answer)
{
	struct kh_host_request_create_result *result = answer;

	if (run->entry.key == KH_KEY_CHOICE_SAME)
		take_text(run->entry.public_key, sizeof(run->entry.public_key), result->public_key);
	run->begun = (struct kh_renewal_begin_result){
		.csr = kh_steal(&result->csr),
		.public_key = kh_steal(&result->public_key),
		.proof = kh_steal(&result->proof),
		.import_algorithms = kh_steal(&result->import_algorithms),
		.import_algorithms_count = result->import_algorithms_count,
	};
	result->import_algorithms_count = 0;
}

static void take_deleted(struct kh_run *run, void *answer)
{
	(void)answer;
	run->public_key[0] = '\0';
	run->made = false;
}

static void take_retired(struct kh_run *run, void *answer)
{
	struct kh_host_pair_retire_result *result = answer;

	run->completed = (struct kh_renewal_complete_result){.retired = kh_steal(&result->retired),
							     .retired_count = result->retired_count,
							     .second_reader = run->completed.second_reader};
	result->retired_count = 0;
}

static void take_pair(struct kh_run *run, void *answer)
{
	const struct kh_host_key_generate_result *result = answer;

	take_text(run->public_key, sizeof(run->public_key), result->public_key);
	run->made = true;
	take_text(run->entry.public_key, sizeof(run->entry.public_key), result->public_key);
}

static void take_check(struct kh_run *run, void *answer)
{
	const struct kh_host_certificate_check_result *result = answer;

	take_text(run->entry.certificate, sizeof(run->entry.certificate), result->certificate);
}

static void take_proof(struct kh_run *run, void *answer)
{
	const struct kh_host_certificate_prove_result *result = answer;

	if (result->second_reader)
		run->module->second_reader = run->completed.second_reader = result->second_reader;
}

static void take_receipt(struct kh_run *run, void *answer)
{
	run->receipt = kh_steal(&((struct kh_host_receipt_create_result *)answer)->receipt);
}

/* clang-format off */
static const struct kh_step steps[KH_STEP_COUNT] = {
	[KH_STEP_LOOK]     = {"look",     false, KH_STAGE_NONE,        ask_look,          take_residue},
	[KH_STEP_LOGIN]    = {"login",    false, KH_STAGE_NONE,        ask_login,         NULL},
	[KH_STEP_GENERATE] = {"generate", true,  KH_STAGE_KEY,         ask_generate,      take_pair},
	[KH_STEP_REBUILD]  = {"rebuild",  true,  KH_STAGE_KEY,         ask_rebuild,       NULL},
	[KH_STEP_DELETE]   = {"delete",   true,  KH_STAGE_NOTHING,     ask_delete,        take_deleted},
	[KH_STEP_REQUEST]  = {"request",  false, KH_STAGE_KEY,         ask_request,       take_request},
	[KH_STEP_CHECK]    = {"check",    false, KH_STAGE_NONE,        kh_step_ask_check, take_check},
	[KH_STEP_WRITE]    = {"write",    true,  KH_STAGE_CERTIFICATE, ask_write,         NULL},
	[KH_STEP_IMPORT]   = {"import",   true,  KH_STAGE_CERTIFICATE, ask_import,        NULL},
	[KH_STEP_PROVE]    = {"prove",    false, KH_STAGE_NONE,        ask_prove,         take_proof},
	[KH_STEP_RECEIPT]  = {"receipt",  false, KH_STAGE_INSTALLED,   ask_receipt,       take_receipt},
	[KH_STEP_RETIRE]   = {"retire",   true,  KH_STAGE_COMPLETED,   ask_retire,        take_retired},
	[KH_STEP_DONE]     = {"done",     false, KH_STAGE_NONE,        NULL,              NULL},
	[KH_STEP_REFUSE]   = {"refuse",   false, KH_STAGE_NONE,        NULL,              NULL},
};
/* clang-format on */

const struct kh_step *kh_step_of(enum kh_renewal_step step)
{
	assert(step < KH_STEP_COUNT);
	return &steps[step];
}
