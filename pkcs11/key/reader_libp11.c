/*
 * The second reader over libp11 0.4. It shares the module and our login.
 *
 * A context is made once for each start of the module and never released:
 * PKCS11_release_all_slots closes every session of the process, PKCS11_CTX_unload
 * finalizes the module, and PKCS11_update_slots reads out of bounds. Handles it
 * has kept may be stale, so a failure is tried once more with a fresh one.
 */
#include "key/reader.h"

#include <libp11.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "token/token.h"

struct state {
	struct state *older; /* kept reachable */
	PKCS11_CTX *context;
	PKCS11_SLOT *slots;
	unsigned slots_count;
};

enum verdict { AGREED, UNREADABLE, NO_CERTIFICATE, NO_KEY, WRONG_SIGNATURE };
static const char *const verdict_names[] = {"agreed", "unreadable", "no certificate", "no key", "wrong signature"};

bool kh_reader_present(void)
{
	return true;
}

static struct state *new_state(struct kh_reader *reader, const struct kh_module *module)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	state->older = reader->state;
	reader->state = state;
	reader->starts = module->starts;
	state->context = PKCS11_CTX_new();
	if (!state->context || PKCS11_CTX_load(state->context, module->path) != 0)
		return NULL;
	if (PKCS11_enumerate_slots(state->context, &state->slots, &state->slots_count) != 0)
		state->slots_count = 0;
	return state;
}

static bool is_text(const char *theirs, const char *own)
{
	char text[KH_TOKEN_TEXT_SIZE(32)];
	size_t length = theirs ? strlen(theirs) : 0;

	if (length > 32)
		return false;
	kh_token_text(text, (const uint8_t *)(theirs ? theirs : ""), length);
	return strcmp(text, own) == 0;
}

static PKCS11_TOKEN *find_token(struct state *state, const struct kh_token_name *name)
{
	for (unsigned i = 0; i < state->slots_count; i++) {
		PKCS11_TOKEN *token = state->slots[i].token;

		if (token && is_text(token->serialnr, name->serial) && is_text(token->label, name->label) &&
		    is_text(token->manufacturer, name->manufacturer))
			return token;
	}
	return NULL;
}

static bool is_certificate(PKCS11_CERT *certificate, const struct kh_bytes *der)
{
	unsigned char *encoded = NULL;
	int length = certificate->x509 ? i2d_X509(certificate->x509, &encoded) : -1;
	bool same = length > 0 && (size_t)length == der->length && memcmp(encoded, der->data, der->length) == 0;

	OPENSSL_free(encoded);
	return same;
}

/* No key: libp11 got an instance of the module that does not share our login. */
static PKCS11_KEY *find_key(PKCS11_KEY *keys, unsigned count, const struct kh_bytes *id)
{
	PKCS11_KEY *found = NULL;

	/* The latest: an older one may be left from before a logout. */
	for (unsigned i = 0; i < count; i++) {
		if (keys[i].id_len == id->length && memcmp(keys[i].id, id->data, id->length) == 0)
			found = &keys[i];
	}
	return found;
}

static enum verdict try_key(PKCS11_KEY *key, X509 *certificate)
{
	static const unsigned char message[] = "keyhall proof: second reader";
	EVP_PKEY *private = PKCS11_get_private_key(key);
	EVP_MD_CTX *sign = EVP_MD_CTX_new();
	EVP_MD_CTX *verify = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t length = sizeof(signature);
	enum verdict verdict = UNREADABLE;

	if (private && sign && verify && EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, private) == 1 &&
	    EVP_DigestSign(sign, signature, &length, message, sizeof(message)) == 1) {
		verdict = WRONG_SIGNATURE;
		if (EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, X509_get0_pubkey(certificate)) == 1 &&
		    EVP_DigestVerify(verify, signature, length, message, sizeof(message)) == 1)
			verdict = AGREED;
	}
	EVP_MD_CTX_free(sign);
	EVP_MD_CTX_free(verify);
	EVP_PKEY_free(private);
	return verdict;
}

static enum verdict look(struct state *state, const struct kh_token *own, const struct kh_object *certificate)
{
	PKCS11_TOKEN *token = find_token(state, &own->name);
	PKCS11_CERT *certificates;
	PKCS11_KEY *keys;
	PKCS11_KEY *key;
	unsigned count;
	unsigned keys_count;

	if (!token || PKCS11_enumerate_certs(token, &certificates, &count) != 0)
		return UNREADABLE;
	for (unsigned i = 0; i < count; i++) {
		if (!is_certificate(&certificates[i], &certificate->certificate->der))
			continue;
		if (PKCS11_enumerate_keys(token, &keys, &keys_count) != 0)
			return UNREADABLE;
		key = find_key(keys, keys_count, &certificate->id);
		return key ? try_key(key, certificates[i].x509) : NO_KEY;
	}
	return NO_CERTIFICATE;
}

enum kh_second_reader kh_reader_check(struct kh_reader *reader, struct kh_token *token,
				      const struct kh_object *certificate)
{
	bool fresh = !reader->state || reader->starts != token->module->starts;
	const struct kh_object *key = kh_inventory_key(&token->inventory, CKO_PRIVATE_KEY, certificate);
	struct state *state;
	enum verdict verdict;

	/* libp11 0.4.12 knows RSA and EC keys; a vendor's private key hides all keys of a token from it. */
	if (certificate->certificate->key_type == KH_ANY_KEY_TYPE_ED25519 ||
	    certificate->certificate->key_type == KH_ANY_KEY_TYPE_SM2)
		return KH_SECOND_READER_FAILED;
	/* It would ask for the PIN on a terminal. */
	if (key && key->asks_always)
		return KH_SECOND_READER_FAILED;
	state = fresh ? new_state(reader, token->module) : reader->state;
	verdict = state ? look(state, token, certificate) : UNREADABLE;
	if (verdict != AGREED && state && !fresh) {
		state = new_state(reader, token->module);
		verdict = state ? look(state, token, certificate) : UNREADABLE;
	}
	ERR_clear_error();
	kh_log(verdict == AGREED ? KH_LOG_DEBUG : KH_LOG_INFO, "second reader: %s", verdict_names[verdict]);
	return verdict == AGREED ? KH_SECOND_READER_AGREED : KH_SECOND_READER_FAILED;
}
