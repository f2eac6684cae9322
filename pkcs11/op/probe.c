/* module.probe: what a module says of itself, its slots and what is in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "host.h"
#include "host_process.h"
#include "key/key.h"
#include "key/sign.h"
#include "op/describe.h"

static enum kh_code put_info(struct kh_host *host, struct kh_module_answer *out, struct kh_error *error)
{
	const struct kh_module *module = &host->module;
	const CK_INFO *info = &module->info;
	char cryptoki[16], version[16];

	snprintf(cryptoki, sizeof(cryptoki), "%u.%u", info->cryptokiVersion.major, info->cryptokiVersion.minor);
	snprintf(version, sizeof(version), "%u.%u", info->libraryVersion.major, info->libraryVersion.minor);
	out->cryptoki = strdup(cryptoki);
	out->version = strdup(version);
	out->description = kh_describe_field(info->libraryDescription, sizeof(info->libraryDescription));
	out->manufacturer = kh_describe_field(info->manufacturerID, sizeof(info->manufacturerID));
	out->profile = strdup(module->profile ? module->profile->file.name : "standard");
	out->reader = kh_library_reads_cards();
	out->isolated = host->isolated;
	if (!out->cryptoki || !out->version || !out->description || !out->manufacturer || !out->profile)
		return kh_fail(error, KH_AGENT_FAILED);
	return KH_OK;
}

/* By its mechanisms; nothing is tried. */
static enum kh_code put_abilities(struct kh_token *token, struct kh_probed_slot *out, struct kh_error *error)
{
	static const struct {
		enum kh_key_type type;
		enum kh_any_key_type any;
	} types[] = {
		{KH_KEY_TYPE_RSA2048, KH_ANY_KEY_TYPE_RSA2048}, {KH_KEY_TYPE_RSA3072, KH_ANY_KEY_TYPE_RSA3072},
		{KH_KEY_TYPE_RSA4096, KH_ANY_KEY_TYPE_RSA4096}, {KH_KEY_TYPE_EC_P256, KH_ANY_KEY_TYPE_EC_P256},
		{KH_KEY_TYPE_EC_P384, KH_ANY_KEY_TYPE_EC_P384}, {KH_KEY_TYPE_ED25519, KH_ANY_KEY_TYPE_ED25519},
		{KH_KEY_TYPE_SM2, KH_ANY_KEY_TYPE_SM2},
	};
	const size_t count = sizeof(types) / sizeof(types[0]);

	out->makes = calloc(count, sizeof(*out->makes));
	out->signs = calloc(count, sizeof(*out->signs));
	if (!out->makes || !out->signs)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < count; i++) {
		if (kh_key_offered(token, types[i].type))
			out->makes[out->makes_count++] = types[i].type;
		if (kh_sign_offered(token, types[i].any))
			out->signs[out->signs_count++] = types[i].type;
	}
	return KH_OK;
}

static enum kh_code put_token(struct kh_token *token, struct kh_probed_slot *out, struct kh_error *error)
{
	enum kh_code code = kh_token_take_info(token, &token->info, error);

	out->token = calloc(1, sizeof(*out->token));
	if (!out->token)
		code = kh_fail(error, KH_AGENT_FAILED);
	if (code == KH_OK)
		code = kh_describe_token(token, out->token, error);
	out->initialised = token->info.flags & CKF_TOKEN_INITIALIZED;
	return code == KH_OK ? put_abilities(token, out, error) : code;
}

/* What a slot does not answer stands in its row, and the others count. */
static enum kh_code put_failure(struct kh_module *module, CK_RV rv, struct kh_probed_slot *out, struct kh_error *error)
{
	struct kh_error failure = {0};

	(void)kh_module_fail(module, rv, &failure);
	out->call = strdup(failure.call);
	out->value = strdup(failure.value);
	return out->call && out->value ? KH_OK : kh_fail(error, KH_AGENT_FAILED);
}

static enum kh_code put_slot(struct kh_host *host, CK_SLOT_ID slot, struct kh_probed_slot *out, struct kh_error *error)
{
	struct kh_module *module = &host->module;
	struct kh_token *token = calloc(1, sizeof(*token));
	CK_SLOT_INFO info = {.flags = 0};
	enum kh_code code = KH_OK;
	CK_RV rv;

	if (!token)
		return kh_fail(error, KH_AGENT_FAILED);
	token->module = module;
	token->slot = slot;
	rv = KH_CALL_ON(module, slot, &slot, C_GetSlotInfo, slot, &info);
	out->description = kh_describe_field(info.slotDescription, sizeof(info.slotDescription));
	if (rv == CKR_OK && (info.flags & CKF_TOKEN_PRESENT)) {
		rv = KH_CALL_ON(module, slot, &slot, C_GetTokenInfo, slot, &token->info);
		if (rv == CKR_OK)
			code = put_token(token, out, error);
		else if (rv == CKR_TOKEN_NOT_PRESENT)
			rv = CKR_OK;
	}
	if (rv != CKR_OK)
		code = put_failure(module, rv, out, error);
	kh_token_free(token);
	return out->description ? code : kh_fail(error, KH_AGENT_FAILED);
}

static enum kh_code put_slots(struct kh_host *host, struct kh_module_answer *out, struct kh_error *error)
{
	KH_AUTO_FREE CK_SLOT_ID *slots = NULL;
	size_t count = 0;
	enum kh_code code = kh_slots_read(&host->module, false, &slots, &count, error);

	out->slots = calloc(KH_MODULE_ANSWER_SLOTS_MAX, sizeof(*out->slots));
	if (!out->slots)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; code == KH_OK && i < count && i < KH_MODULE_ANSWER_SLOTS_MAX; i++)
		code = put_slot(host, slots[i], &out->slots[out->slots_count++], error);
	return code;
}

static enum kh_code put_calls(const struct kh_timing *timing, struct kh_module_answer *out, struct kh_error *error)
{
	out->calls = calloc(timing->count + 1, sizeof(*out->calls));
	if (!out->calls)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < timing->count; i++) {
		struct kh_probed_call *call = &out->calls[out->calls_count++];

		call->call = strdup(timing->calls[i].call);
		call->times = (int64_t)timing->calls[i].times;
		call->microseconds = (int64_t)(timing->calls[i].nanoseconds / 1000);
		if (!call->call)
			return kh_fail(error, KH_AGENT_FAILED);
	}
	return KH_OK;
}

enum kh_code kh_op_module_probe(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_module_probe_params *params = in;
	struct kh_module_answer *answer = out;
	enum kh_code code = kh_module_start(&host->module, error);

	if (code == KH_OK)
		code = put_info(host, answer, error);
	if (code == KH_OK && params->slots)
		code = put_slots(host, answer, error);
	if (code == KH_OK)
		code = put_calls(&host->timing, answer, error);
	answer->forked = kh_process_has_children();
	return code;
}
