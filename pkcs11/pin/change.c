/* Changing the PIN. */
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "pin/login.h"
#include "pin/words.h"

static enum kh_code ask_new(struct kh_pin_window *window, const struct kh_token *token,
			    const struct kh_host_prompt *prompt, struct kh_secret *pin, struct kh_error *error)
{
	KH_AUTO_FREE char *first = kh_pin_words(token, prompt, "pin.description.new", window);
	KH_AUTO_FREE char *again = kh_pin_words(token, prompt, "pin.description.repeat", window);
	KH_AUTO_FREE char *differ = kh_pin_words_warning(prompt->locale, "pin.warning.repeat");
	const char *warning = NULL;
	KH_SECRET repeated;
	enum kh_code code;

	kh_secret_init(&repeated);
	for (;;) {
		window->prompt = "pin.prompt.new";
		code = kh_pin_window_ask(window, first, warning, pin, error);
		window->prompt = "pin.prompt.repeat";
		if (code == KH_OK)
			code = kh_pin_window_ask(window, again, NULL, &repeated, error);
		if (code != KH_OK || kh_secret_equal(pin, &repeated))
			return code;
		warning = differ;
	}
}

static enum kh_code set_pin(struct kh_host *host, struct kh_token *token, struct kh_secret *old, struct kh_secret *new,
			    struct kh_error *error)
{
	CK_RV rv;

	rv = KH_CALL(token->module, C_SetPIN, token->session, old ? old->bytes : NULL,
		     (CK_ULONG)(old ? old->length : 0), new ? new->bytes : NULL, (CK_ULONG)(new ? new->length : 0));
	if (rv == CKR_OK) {
		kh_login_succeeded(host, token);
		token->renewed = true;
		return KH_OK;
	}
	if (rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_TOO_WEAK) {
		(void)kh_module_fail(token->module, rv, error);
		return error->code = KH_PIN_UNCHANGED;
	}
	return kh_login_failed(host, token, rv, old, error);
}

static enum kh_code set_logged_in(struct kh_host *host, struct kh_token *token, struct kh_secret *old,
				  struct kh_secret *new, struct kh_error *error)
{
	CK_RV rv = kh_login_send(token, old);
	enum kh_code code;

	if (rv != CKR_OK && rv != CKR_PIN_EXPIRED)
		return kh_login_failed(host, token, rv, old, error);
	code = set_pin(host, token, old, new, error);
	if (rv == CKR_OK)
		(void)KH_CALL(token->module, C_Logout, token->session);
	return code;
}

static enum kh_code change_by_pad(struct kh_host *host, struct kh_token *token, struct kh_error *error)
{
	enum kh_code code;

	kh_loop_prompting(&host->loop, true);
	code = set_pin(host, token, NULL, NULL, error);
	kh_loop_prompting(&host->loop, false);
	return code;
}

enum kh_code kh_pin_change(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt,
			   struct kh_error *error)
{
	struct kh_pin_window window;
	KH_SECRET old;
	KH_SECRET new;
	enum kh_code code;

	kh_secret_init(&old);
	kh_secret_init(&new);
	code = kh_login_check(token, error);
	if (code == KH_OK)
		code = kh_token_open(token, error);
	if (code != KH_OK)
		return code;
	kh_logout(token);
	host->asked = true;
	kh_tokens_age(&host->tokens);
	if (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH)
		return change_by_pad(host, token, error);
	kh_pin_window_init(&window, &host->loop, host->settings.pinentry, prompt->locale, prompt->session);
	window.prompt = "pin.prompt.old";
	code = kh_login_ask(host, token, prompt, &window, &old, error);
	if (code == KH_OK)
		code = ask_new(&window, token, prompt, &new, error);
	kh_pin_window_finish(&window);
	return code == KH_OK ? set_logged_in(host, token, &old, &new, error) : code;
}
