/*
 * PIN and login. A login belongs to one session of the daemon (prompt.session)
 * and ends KH_LEASE_SECONDS after that session's last operation. The PIN is
 * asked here, used once and wiped.
 *
 * Where a token has a private key that wants the PIN for each use
 * (token/context.h), or the module must be started again before a write (fresh.h), token->pin
 * holds the PIN as long as the login. It is wiped by kh_token_forget_login(), which every end
 * of a login comes through, when the token refuses it, and when the token goes. The
 * first login on a token reads the inventory to find such keys.
 */
#ifndef KH_PKCS11_PIN_LOGIN_H
#define KH_PKCS11_PIN_LOGIN_H

#include "host.h"
#include "pin/window.h"

/* pin.incorrect (left), pin.locked, pin.unset, pin.expired, pin.cancelled, pin.unavailable.
 * Before the PIN is asked: token.readonly, when prompt.purpose is to write and
 * nothing can be written. verify: ask even when the session is logged in. */
KH_CHECKED enum kh_code kh_login(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt,
				 bool verify, struct kh_error *error);
/* Whether it will ask. */
bool kh_login_asks(const struct kh_token *token, const struct kh_host_prompt *prompt, bool verify);
/* Also of a PIN that has expired. Logs in with the old one first: openCryptoki
 * loses every private object when C_SetPIN comes without a login. A key with
 * its own pad asks for the old PIN once only, in C_SetPIN. */
KH_CHECKED enum kh_code kh_pin_change(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt,
				      struct kh_error *error);
void kh_logout(struct kh_token *token);
/* Logs out every token of a session. */
void kh_logout_session(struct kh_host *host, int64_t session);
/* Logs out what has been idle too long and sets the loop's alarm for the rest. */
void kh_logout_idle(struct kh_host *host);

/* Parts of both dialogues: the present PIN, asked with what warnings and last
 * yes are due, and never one known to be wrong; C_Login; what comes after it. */
KH_CHECKED enum kh_code kh_login_ask(struct kh_host *host, struct kh_token *token, const struct kh_host_prompt *prompt,
				     struct kh_pin_window *window, struct kh_secret *pin, struct kh_error *error);
KH_CHECKED enum kh_code kh_login_check(struct kh_token *token, struct kh_error *error);
CK_RV kh_login_send(struct kh_token *token, struct kh_secret *pin);
void kh_login_succeeded(struct kh_host *host, struct kh_token *token);
enum kh_code kh_login_failed(struct kh_host *host, struct kh_token *token, CK_RV rv, const struct kh_secret *pin,
			     struct kh_error *error);

/* wrong_pin.c: PINs known to be wrong, of a token by its URI: serial numbers are not unique. */
bool kh_wrong_pin_known(struct kh_host *host, const struct kh_token *token, const struct kh_secret *pin);
void kh_wrong_pin_note(struct kh_host *host, const struct kh_token *token, const struct kh_secret *pin);
/* Forgets those the token's flags told of, when the flags no longer do: the
 * PIN was right meanwhile, or was set anew. */
void kh_wrong_pin_review(struct kh_host *host, const struct kh_token *token);
void kh_wrong_pin_forget(struct kh_host *host, const struct kh_token *token);
/* After an operation: what the refusal of a held PIN is as an error of C_Login. The
 * PIN is known to be wrong then, and wiped. KH_OK: it was not refused. */
KH_CHECKED enum kh_code kh_login_held(struct kh_host *host, struct kh_token *token, struct kh_error *error);

#endif
