/* Logging in, changing the PIN, and the lease. */
#include "pin/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "pin/words.h"
#include "token/manners.h"
#include "x509/moment.h"

static void set_tries(struct kh_error *error, CK_FLAGS flags)
{
	if (flags & CKF_USER_PIN_LOCKED)
		error->code = KH_PIN_LOCKED;
	else if (error->code != KH_PIN_INCORRECT)
		return;
	else if (flags & CKF_USER_PIN_FINAL_TRY)
		error->left = KH_PIN_LEFT_LAST;
	else
		error->left = flags & CKF_USER_PIN_COUNT_LOW ? KH_PIN_LEFT_LOW : KH_PIN_LEFT_MANY;
}

/* Modules say locked by result or by flag, and how many tries are left only by
 * flag. */
enum kh_code kh_login_failed(struct kh_host *host, struct kh_token *token, CK_RV rv, const struct kh_secret *pin,
			     struct kh_error *error)
{
	enum kh_code code = kh_module_fail(token->module, rv, error);

	snprintf(error->serial, sizeof(error->serial), "%s", token->name.serial);
	if (code == KH_PIN_EXPIRED)
		token->said = KH_PIN_STATE_EXPIRED;
	if (code != KH_PIN_INCORRECT && code != KH_PIN_LOCKED)
		return code;
	if (kh_token_read_info(token, NULL) == KH_OK)
		set_tries(error, token->info.flags);
	if (error->code == KH_PIN_LOCKED && !(token->info.flags & CKF_USER_PIN_LOCKED))
		token->said = KH_PIN_STATE_LOCKED;
	if (pin && rv == CKR_PIN_INCORRECT)
		kh_wrong_pin_note(host, token, pin);
	return error->code;
}

void kh_login_succeeded(struct kh_host *host, struct kh_token *token)
{
	token->said = KH_PIN_STATE_NONE;
	kh_wrong_pin_forget(host, token);
}

CK_RV kh_login_send(struct kh_token *token, struct kh_secret *pin)
{
	CK_UTF8CHAR_PTR bytes = pin ? pin->bytes : NULL;
	CK_ULONG length = pin ? (CK_ULONG)pin->length : 0;
	CK_RV rv;

	rv = KH_CALL(token->module, C_Login, token->session, CKU_USER, bytes, length);
	if (rv == CKR_USER_ALREADY_LOGGED_IN) {
		/* That verifies nothing: out, and in with this PIN. */
		(void)KH_CALL(token->module, C_Logout, token->session);
		rv = KH_CALL(token->module, C_Login, token->session, CKU_USER, bytes, length);
	}
	return rv;
}

/* PIN NULL: the key has its own pad. */
static enum kh_code send_pin(struct kh_host *host, struct kh_token *token, struct kh_secret *pin,
			     struct kh_error *error)
{
	CK_RV rv = kh_login_send(token, pin);

	if (rv == CKR_OK) {
		kh_login_succeeded(host, token);
		return KH_OK;
	}
	return kh_login_failed(host, token, rv, pin, error);
}

static void set_lengths(struct kh_pin_window *window, const struct kh_token *token)
{
	CK_ULONG min = token->info.ulMinPinLen;
	CK_ULONG max = token->info.ulMaxPinLen;

	window->min = min > 0 && min <= KH_SECRET_MAX ? min : 1;
	window->max = max >= window->min && max <= KH_SECRET_MAX ? max : KH_SECRET_MAX;
}

static enum kh_code confirm_final(struct kh_pin_window *window, const struct kh_token *token,
				  const struct kh_host_prompt *prompt, struct kh_error *error)
{
	KH_AUTO_FREE char *text = NULL;

	if (!(token->info.flags & CKF_USER_PIN_FINAL_TRY))
		return KH_OK;
	text = kh_pin_words(token, prompt, "pin.warning.final", window);
	return kh_pin_window_confirm(window, text, error);
}

static const char *first_warning(const struct kh_token *token, const struct kh_host_prompt *prompt)
{
	if (token->info.flags & CKF_USER_PIN_FINAL_TRY)
		return "pin.warning.last";
	if (token->info.flags & CKF_USER_PIN_COUNT_LOW)
		return "pin.warning.low";
	return prompt->again ? "pin.warning.ended" : NULL;
}

enum kh_code kh_login_ask(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt,
			  struct kh_pin_window *window, struct kh_secret *pin, struct kh_error *error)
{
	const char *warning = first_warning(token, prompt);
	KH_AUTO_FREE char *text = NULL;
	enum kh_code code;

	kh_wrong_pin_review(host, token);
	set_lengths(window, token);
	kh_pin_window_watch(window, kh_token_has_left, token);
	text = kh_pin_words(token, prompt, NULL, window);
	code = confirm_final(window, token, prompt, error);
	while (code == KH_OK) {
		KH_AUTO_FREE char *shown = kh_pin_words_warning(prompt->locale, warning);

		code = kh_pin_window_ask(window, text, shown, pin, error);
		if (code != KH_OK || !kh_wrong_pin_known(host, token, pin))
			break;
		code = kh_pin_window_refuse(window, pin, error);
		warning = "pin.warning.known";
	}
	return code;
}

/* Only the private keys tell whether they want the PIN again, and only now. */
static enum kh_code hold(struct kh_token *token, const struct kh_secret *pin, struct kh_error *error)
{
	bool again = kh_manners_caches(token);

	if (!again && !token->asks_always && !token->looked && kh_inventory_refresh(token, NULL) == KH_OK)
		token->looked = true;
	if (!again && !token->asks_always)
		return KH_OK;
	kh_secret_init(&token->pin);
	return kh_secret_set(&token->pin, pin->bytes, pin->length) == KH_OK ? KH_OK : kh_fail(error, KH_AGENT_FAILED);
}

static void begin_lease(struct kh_token *token, int64_t session)
{
	token->lease = (struct kh_lease){true, session, kh_time_elapsed()};
}

static enum kh_code ask_and_login(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt,
				  struct kh_error *error)
{
	struct kh_pin_window window;
	KH_SECRET pin;
	enum kh_code code;

	kh_secret_init(&pin);
	kh_pin_window_init(&window, &host->loop, host->settings.pinentry, prompt->locale, prompt->session);
	code = kh_login_ask(host, token, prompt, &window, &pin, error);
	kh_pin_window_finish(&window);
	if (code == KH_OK)
		code = send_pin(host, token, &pin, error);
	if (code != KH_OK)
		return code;
	begin_lease(token, prompt->session);
	return hold(token, &pin, error);
}

static enum kh_code login_by_pad(struct kh_host *host, struct kh_token *token, int64_t session, struct kh_error *error)
{
	enum kh_code code;

	kh_loop_prompting(&host->loop, true);
	code = send_pin(host, token, NULL, error);
	kh_loop_prompting(&host->loop, false);
	if (code == KH_OK)
		begin_lease(token, session);
	return code;
}

static enum kh_code refuse(const struct kh_token *token, enum kh_code code, struct kh_error *error)
{
	(void)kh_fail(error, code);
	if (error)
		snprintf(error->serial, sizeof(error->serial), "%s", token->name.serial);
	return code;
}

/* Only what the token says now refuses: what it said at the last login may be over. */
enum kh_code kh_login_check(struct kh_token *token, struct kh_error *error)
{
	enum kh_code code = kh_token_read_info(token, error);

	if (code != KH_OK)
		return code;
	return token->info.flags & CKF_USER_PIN_LOCKED ? refuse(token, KH_PIN_LOCKED, error) : KH_OK;
}

static bool will_write(enum kh_host_prompt_purpose purpose)
{
	switch (purpose) {
	case KH_HOST_PROMPT_PURPOSE_BEGIN:
	case KH_HOST_PROMPT_PURPOSE_INSTALL:
	case KH_HOST_PROMPT_PURPOSE_COMPLETE:
	case KH_HOST_PROMPT_PURPOSE_CANCEL:
		return true;
	case KH_HOST_PROMPT_PURPOSE_NONE:
	case KH_HOST_PROMPT_PURPOSE_VERIFY:
	case KH_HOST_PROMPT_PURPOSE_CHANGE:
		break;
	}
	return false;
}

/* What was read only is asked again: it may not be any more. */
static enum kh_code check_writable(struct kh_token *token, enum kh_host_prompt_purpose purpose, struct kh_error *error)
{
	enum kh_code code;

	if (!will_write(purpose) || !kh_token_read_only(token))
		return KH_OK;
	code = kh_token_read_info(token, error);
	if (code != KH_OK)
		return code;
	return kh_token_read_only(token) ? refuse(token, KH_TOKEN_READONLY, error) : KH_OK;
}

/* A PIN that must be changed first opens nothing, and what cannot be written
 * needs no PIN. */
static enum kh_code prepare(struct kh_token *token, enum kh_host_prompt_purpose purpose, struct kh_error *error)
{
	enum kh_code code = kh_login_check(token, error);

	if (code == KH_OK)
		code = kh_token_open(token, error);
	if (code == KH_OK)
		code = check_writable(token, purpose, error);
	if (code == KH_OK && kh_token_pin_expired(token))
		code = refuse(token, KH_PIN_EXPIRED, error);
	return code;
}

bool kh_login_asks(const struct kh_token *token, const struct kh_host_prompt *prompt, bool verify)
{
	return verify || !token->lease.active || token->lease.session != prompt->session;
}

enum kh_code kh_login(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt, bool verify,
		      struct kh_error *error)
{
	enum kh_code code;

	if (!kh_login_asks(token, prompt, verify)) {
		token->lease.used = kh_time_elapsed();
		return check_writable(token, prompt->purpose, error);
	}
	code = prepare(token, prompt->purpose, error);
	if (code != KH_OK)
		return code;
	kh_logout(token);
	host->asked = true;
	kh_tokens_age(&host->tokens);
	if (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH)
		return login_by_pad(host, token, prompt->session, error);
	return ask_and_login(host, token, prompt, error);
}

void kh_logout(struct kh_token *token)
{
	if (token->lease.active && token->module->running && token->open)
		(void)KH_CALL(token->module, C_Logout, token->session);
	kh_token_forget_login(token);
}

void kh_logout_session(struct kh_host *host, int64_t session)
{
	for (size_t i = 0; i < host->tokens.count; i++) {
		if (host->tokens.list[i]->lease.session == session)
			kh_logout(host->tokens.list[i]);
	}
}

void kh_logout_idle(struct kh_host *host)
{
	uint64_t now = kh_time_elapsed();
	uint64_t next = 0;

	for (size_t i = 0; i < host->tokens.count; i++) {
		struct kh_token *token = host->tokens.list[i];
		uint64_t end = token->lease.used + KH_LEASE_SECONDS * 1000u;

		if (!token->lease.active)
			continue;
		if (end <= now)
			kh_logout(token);
		else if (next == 0 || end - now < next)
			next = end - now;
	}
	kh_loop_alarm(&host->loop, next);
}
