/* A fresh look at tokens. */
#include "pin/fresh.h"

#include "log.h"
#include "pin/login.h"
#include "token/manners.h"

bool kh_fresh_matters(const struct kh_host *host)
{
	for (size_t i = 0; i < host->tokens.count; i++) {
		if (kh_manners_caches(host->tokens.list[i]))
			return true;
	}
	return false;
}

/* A PIN that is refused now was changed meanwhile: the clerk is asked again. */
static void log_in_again(struct kh_host *host, struct kh_token *token)
{
	struct kh_error failure = {.code = KH_OK};
	CK_RV rv;

	if (!token->lease.active)
		return;
	if (kh_token_may_send_pin(token) && kh_token_open(token, &failure) == KH_OK) {
		rv = kh_login_send(token, &token->pin);
		if (rv == CKR_OK)
			return;
		(void)kh_login_failed(host, token, rv, &token->pin, &failure);
	}
	kh_log(KH_LOG_INFO, "the login on %s has ended", token->uri);
	kh_logout(token);
}

enum kh_code kh_fresh_look(struct kh_host *host, struct kh_error *error)
{
	struct kh_tokens *tokens = &host->tokens;
	enum kh_code code;

	if (!host->module.running || host->fresh || tokens->starts_once || !kh_fresh_matters(host))
		return KH_OK;
	code = kh_tokens_renew(tokens, error);
	host->proved[0] = '\0';
	for (size_t i = 0; i < tokens->count && code == KH_OK; i++)
		log_in_again(host, tokens->list[i]);
	return code;
}

enum kh_code kh_fresh_list(struct kh_host *host, struct kh_error *error)
{
	return kh_tokens_leased(&host->tokens) ? KH_OK : kh_fresh_look(host, error);
}

enum kh_code kh_fresh_write(struct kh_host *host, const char *uri, struct kh_error *error)
{
	for (size_t i = 0; i < host->tokens.count; i++) {
		const struct kh_token *token = host->tokens.list[i];

		if (token->lease.active && token->pin.length > 0 && kh_manners_caches(token) &&
		    kh_uri_matches(uri, &token->name))
			return kh_fresh_look(host, error);
	}
	return KH_OK;
}
