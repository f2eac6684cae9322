/* PINs known to be wrong, as keyed hashes. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "pin/login.h"

static bool is_of(const struct kh_wrong_pin *wrong, const struct kh_token *token)
{
	char id[KH_SHA256_HEX];

	kh_sha256_hex(token->uri, strlen(token->uri), id);
	return wrong->set && strcmp(wrong->token, id) == 0;
}

static bool hash(struct kh_host *host, const struct kh_token *token, const struct kh_secret *pin, uint8_t mac[32])
{
	struct {
		char token[KH_SHA256_HEX];
		unsigned char pin[KH_SECRET_MAX];
	} message = {0};
	unsigned length = 0;
	bool done;

	kh_sha256_hex(token->uri, strlen(token->uri), message.token);
	memcpy(message.pin, pin->bytes, pin->length);
	done = HMAC(EVP_sha256(), host->wrong_key, sizeof(host->wrong_key), (const unsigned char *)&message,
		    sizeof(message.token) + pin->length, mac, &length);
	kh_wipe(&message, sizeof(message));
	return done && length == 32;
}

bool kh_wrong_pin_known(struct kh_host *host, const struct kh_token *token, const struct kh_secret *pin)
{
	uint64_t now = kh_loop_clock(&host->loop);
	uint8_t mac[32];

	if (!hash(host, token, pin, mac))
		return false;
	for (size_t i = 0; i < KH_WRONG_PINS_MAX; i++) {
		const struct kh_wrong_pin *wrong = &host->wrong[i];

		if (wrong->set && now - wrong->when < KH_WRONG_PIN_SECONDS * 1000u &&
		    memcmp(wrong->mac, mac, sizeof(mac)) == 0)
			return true;
	}
	return false;
}

void kh_wrong_pin_note(struct kh_host *host, const struct kh_token *token, const struct kh_secret *pin)
{
	struct kh_wrong_pin *wrong = &host->wrong[host->wrong_next++ % KH_WRONG_PINS_MAX];

	wrong->set = hash(host, token, pin, wrong->mac);
	wrong->flagged = (token->info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY)) != 0;
	wrong->when = kh_loop_clock(&host->loop);
	kh_sha256_hex(token->uri, strlen(token->uri), wrong->token);
}

void kh_wrong_pin_review(struct kh_host *host, const struct kh_token *token)
{
	if (token->info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY))
		return;
	for (size_t i = 0; i < KH_WRONG_PINS_MAX; i++) {
		if (host->wrong[i].flagged && is_of(&host->wrong[i], token))
			memset(&host->wrong[i], 0, sizeof(host->wrong[i]));
	}
}

void kh_wrong_pin_forget(struct kh_host *host, const struct kh_token *token)
{
	for (size_t i = 0; i < KH_WRONG_PINS_MAX; i++) {
		if (is_of(&host->wrong[i], token))
			memset(&host->wrong[i], 0, sizeof(host->wrong[i]));
	}
}

enum kh_code kh_login_held(struct kh_host *host, struct kh_token *token, struct kh_error *error)
{
	const struct kh_secret *pin = token->pin.length > 0 ? &token->pin : NULL;
	CK_RV rv = token->refused;
	enum kh_code code;

	if (rv == CKR_OK)
		return KH_OK;
	token->module->call = "C_Login";
	code = kh_login_failed(host, token, rv, pin, error);
	kh_secret_finish(&token->pin);
	token->refused = CKR_OK;
	return code;
}
