/* Operations on host and tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "op/describe.h"
#include "pin/fresh.h"
#include "pin/login.h"
#include "x509/anchors.h"

static void move_list(char ***to, size_t *to_count, char ***from, size_t *from_count)
{
	for (size_t i = 0; i < *to_count; i++)
		free((*to)[i]);
	free(*to);
	*to = kh_steal(from);
	*to_count = *from_count;
	*from_count = 0;
}

static enum kh_code describe_problems(const struct kh_profiles *profiles, struct kh_host_host *out,
				      struct kh_error *error)
{
	out->profile_problems = calloc(profiles->problems_count + 1, sizeof(*out->profile_problems));
	if (!out->profile_problems)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < profiles->problems_count; i++) {
		enum kh_code code = kh_host_text(&out->profile_problems[i], profiles->problems[i], error);

		if (code != KH_OK)
			return code;
		out->profile_problems_count++;
	}
	return KH_OK;
}

static enum kh_code describe_host(struct kh_host *host, struct kh_host_host *out, struct kh_error *error)
{
	const CK_INFO *info = &host->module.info;
	char version[16];

	snprintf(version, sizeof(version), "%u.%u", info->libraryVersion.major, info->libraryVersion.minor);
	out->version = strdup(KH_VERSION);
	out->module = strdup(host->module.name);
	out->description = kh_describe_field(info->libraryDescription, sizeof(info->libraryDescription));
	out->manufacturer = kh_describe_field(info->manufacturerID, sizeof(info->manufacturerID));
	out->library_version = strdup(version);
	out->profile = strdup(host->module.profile ? host->module.profile->file.name : "standard");
	out->second_reader = kh_reader_present();
	out->reader = kh_library_reads_cards();
	if (!out->version || !out->module || !out->description || !out->manufacturer || !out->library_version ||
	    !out->profile)
		return kh_fail(error, KH_AGENT_FAILED);
	return describe_problems(&host->profiles, out, error);
}

/* The packaged ones are there from the start. What was read with another profile is
 * read again. */
static enum kh_code load_profiles(struct kh_host *host, const char *folder, struct kh_error *error)
{
	bool own = folder && *folder;
	struct kh_profiles profiles;
	enum kh_code code;

	if (!own && !host->own_profiles)
		return KH_OK;
	code = kh_profiles_load(&profiles, folder, NULL, error);
	if (code != KH_OK)
		return code;
	host->own_profiles = own;
	kh_profiles_clear(&host->profiles);
	host->profiles = profiles;
	host->module.profile = NULL;
	if (host->module.running)
		kh_module_choose_profile(&host->module);
	for (size_t i = 0; i < host->tokens.count; i++)
		kh_inventory_clear(&host->tokens.list[i]->inventory);
	return KH_OK;
}

enum kh_code kh_op_host_configure(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	struct kh_host_host_configure_params params = {.pinentry = NULL};
	struct kh_host_settings *settings = &host->settings;
	enum kh_code code;

	code = kh_copy(&kh_host_host_configure_params_type, &params, in, error);
	if (code != KH_OK)
		return code;
	free(settings->pinentry);
	settings->pinentry = kh_steal(&params.pinentry);
	free(settings->locale);
	settings->locale = kh_steal(&params.locale);
	move_list(&settings->anchors, &settings->anchors_count, &params.anchors, &params.anchors_count);
	move_list(&settings->credit_code_oids, &settings->credit_code_oids_count, &params.credit_code_oids,
		  &params.credit_code_oids_count);
	free(host->module.init);
	host->module.init = kh_steal(&params.init);
	code = load_profiles(host, params.profiles, error);
	settings->import_on_host = params.import_on_host;
	host->tokens.starts_once = host->fresh = params.starts_once;
	kh_clear(&kh_host_host_configure_params_type, &params);
	if (code != KH_OK)
		return code;
	kh_anchors_free(host->anchors);
	host->anchors = NULL;
	host->configured++;
	code = kh_module_start(&host->module, error);
	return code == KH_OK ? describe_host(host, out, error) : code;
}

/* Some modules notice a token only when they start. */
static enum kh_code look_for_tokens(struct kh_host *host, bool refresh, struct kh_error *error)
{
	struct kh_tokens *tokens = &host->tokens;
	bool running = host->module.running && !host->fresh;
	enum kh_code code;

	if (refresh && running && !kh_tokens_leased(tokens))
		return kh_tokens_restart(tokens, error);
	code = kh_tokens_refresh(tokens, error);
	if (code == KH_OK && tokens->count == 0 && running && !tokens->starts_once)
		code = kh_tokens_restart(tokens, error);
	return code;
}

enum kh_code kh_op_token_list(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_token_list_params *params = in;
	struct kh_host_token_list_result *result = out;
	enum kh_code code;

	code = look_for_tokens(host, params->refresh, error);
	if (code != KH_OK)
		return code;
	result->tokens = calloc(host->tokens.count + 1, sizeof(*result->tokens));
	if (!result->tokens)
		return kh_fail(error, KH_AGENT_FAILED);
	for (size_t i = 0; i < host->tokens.count && code == KH_OK; i++) {
		code = kh_describe_token(host->tokens.list[i], &result->tokens[i], error);
		result->tokens_count++;
	}
	return code;
}

enum kh_code kh_op_token_login(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_token_login_params *params = in;
	struct kh_token *token;
	enum kh_code code;

	(void)out;
	code = kh_tokens_find(&host->tokens, params->token, &token, error);
	if (code == KH_OK && kh_login_asks(token, &params->prompt, params->verify)) {
		code = kh_fresh_look(host, error);
		if (code == KH_OK)
			code = kh_tokens_find(&host->tokens, params->token, &token, error);
	}
	return code == KH_OK ? kh_login(host, token, &params->prompt, params->verify, error) : code;
}

enum kh_code kh_op_token_logout(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_token_logout_params *params = in;

	(void)out;
	(void)error;
	kh_logout_session(host, params->session);
	return KH_OK;
}

enum kh_code kh_op_pin_change(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_pin_change_params *params = in;
	struct kh_token *token;
	enum kh_code code;

	(void)out;
	code = kh_tokens_find(&host->tokens, params->token, &token, error);
	return code == KH_OK ? kh_pin_change(host, token, &params->prompt, error) : code;
}

/* Windows are closed while they are open (kh_loop_cancelled); later there is
 * nothing to cancel. */
enum kh_code kh_op_host_cancel(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	(void)host;
	(void)in;
	(void)out;
	(void)error;
	return KH_OK;
}

enum kh_code kh_op_host_trace(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_host_trace_params *params = in;

	(void)out;
	(void)error;
	host->module.traced = params->on;
	return KH_OK;
}
