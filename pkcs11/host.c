/* The token host's state. */
#include "host.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "x509/chain.h"
#include "x509/moment.h"

enum kh_code kh_host_init(struct kh_host *host, const char *module, int in_fd, int out_fd, struct kh_error *error)
{
	uint8_t random[8];
	enum kh_code code;

	memset(host, 0, sizeof(*host));
	kh_module_init(&host->module, module);
	code = kh_mark_open(&host->module.mark, getenv(KH_MARK_VARIABLE), error);
	if (code != KH_OK)
		return code;
	host->tokens.module = &host->module;
	code = kh_profiles_load(&host->profiles, NULL, NULL, error);
	if (code != KH_OK)
		return code;
	host->module.profiles = &host->profiles;
	host->module.loop = &host->loop;
	if (RAND_bytes(host->wrong_key, sizeof(host->wrong_key)) != 1 || RAND_bytes(random, sizeof(random)) != 1)
		return kh_fail_call(error, KH_AGENT_FAILED, "RAND_bytes", "");
	kh_hex(random, sizeof(random), host->nonce);
	return kh_loop_init(&host->loop, in_fd, out_fd, error);
}

static void free_list(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void kh_host_finish(struct kh_host *host)
{
	kh_tokens_clear(&host->tokens);
	kh_module_stop(&host->module);
	kh_profiles_clear(&host->profiles);
	kh_anchors_free(host->anchors);
	free(host->module.init);
	free(host->settings.pinentry);
	free(host->settings.locale);
	free_list(host->settings.anchors, host->settings.anchors_count);
	free_list(host->settings.credit_code_oids, host->settings.credit_code_oids_count);
	kh_loop_finish(&host->loop);
	kh_mark_finish(&host->module.mark);
	kh_wipe(host->wrong_key, sizeof(host->wrong_key));
}

const struct kh_anchors *kh_host_anchors(struct kh_host *host)
{
	if (!host->anchors)
		host->anchors = kh_anchors_new(host->settings.anchors, host->settings.anchors_count);
	return host->anchors;
}

enum kh_code kh_host_token(struct kh_host *host, const char *uri, struct kh_token **out, struct kh_error *error)
{
	struct kh_token *token;
	enum kh_code code;

	code = kh_tokens_find(&host->tokens, uri, &token, error);
	if (code != KH_OK)
		return code;
	if (!token->lease.active)
		return kh_module_fail(token->module, CKR_USER_NOT_LOGGED_IN, error);
	token->lease.used = kh_time_elapsed();
	*out = token;
	return KH_OK;
}

enum kh_code kh_host_text(char **out, const char *text, struct kh_error *error)
{
	*out = strdup(text);
	return *out ? KH_OK : kh_fail(error, KH_AGENT_FAILED);
}
