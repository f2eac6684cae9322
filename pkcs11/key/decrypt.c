/* Decryption on the token. */
#include "key/decrypt.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "profile.h"
#include "secret.h"
#include "token/context.h"

#define TEST_BYTES 32

CK_MECHANISM kh_padding_mechanism(enum kh_padding padding)
{
	static CK_RSA_PKCS_OAEP_PARAMS sha1 = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
	static CK_RSA_PKCS_OAEP_PARAMS sha256 = {CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0};

	if (padding == KH_PADDING_PKCS1)
		return (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0};
	return (CK_MECHANISM){CKM_RSA_PKCS_OAEP, padding == KH_PADDING_OAEP_SHA1 ? &sha1 : &sha256, sizeof(sha1)};
}

void kh_sm2_cipher_put(struct kh_buffer *out, const struct kh_sm2_cipher *cipher, enum kh_profile_cipher_cipher form)
{
	bool text_first = form == KH_PROFILE_CIPHER_CIPHER_C1C2C3;

	if (form != KH_PROFILE_CIPHER_CIPHER_C1C3C2 && !text_first) {
		kh_buffer_append(out, cipher->der.data, cipher->der.length);
		return;
	}
	kh_buffer_append(out, "\x04", 1);
	kh_buffer_append(out, cipher->point, sizeof(cipher->point));
	if (text_first)
		kh_buffer_append(out, cipher->text.data, cipher->text.length);
	kh_buffer_append(out, cipher->hash.data, cipher->hash.length);
	if (!text_first)
		kh_buffer_append(out, cipher->text.data, cipher->text.length);
}

static CK_RV decrypt(struct kh_token *token, CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, struct kh_span cipher,
		     uint8_t *plain, CK_ULONG *length, bool *begun)
{
	CK_RV login = CKR_OK;
	CK_RV rv;

	do {
		rv = KH_CALL_ON(token->module, mechanism, &mechanism->mechanism, C_DecryptInit, token->session,
				mechanism, key);
		*begun = rv == CKR_OK;
		*length = KH_PLAIN_MAX;
		if (rv != CKR_OK)
			break;
		login = kh_context_login(token, key);
		rv = KH_CALL(token->module, C_Decrypt, token->session, (CK_BYTE_PTR)(uintptr_t)cipher.data,
			     (CK_ULONG)cipher.length, plain, length);
	} while (kh_context_again(token, key, rv));
	rv = kh_context_result(login, rv);
	if (rv != CKR_OK || *length > KH_PLAIN_MAX)
		*length = 0;
	return rv;
}

CK_RV kh_decrypt_rsa(struct kh_token *token, CK_OBJECT_HANDLE key, enum kh_padding padding, struct kh_span cipher,
		     uint8_t *plain, CK_ULONG *length, bool *begun)
{
	CK_MECHANISM mechanism = kh_padding_mechanism(padding);

	return decrypt(token, key, &mechanism, cipher, plain, length, begun);
}

CK_RV kh_decrypt_sm2(struct kh_token *token, CK_OBJECT_HANDLE key, const struct kh_sm2_cipher *cipher, uint8_t *plain,
		     CK_ULONG *length, bool *begun)
{
	const struct kh_profile *profile = kh_module_sm2(token->module);
	struct kh_buffer formed = {0};
	CK_MECHANISM mechanism = {0, NULL, 0};
	CK_RV rv;

	*begun = false;
	*length = 0;
	if (!profile || profile->sm2_decrypt.mechanism == KH_NO_NUMBER)
		return CKR_MECHANISM_INVALID;
	mechanism.mechanism = profile->sm2_decrypt.mechanism;
	kh_sm2_cipher_put(&formed, cipher, profile->sm2_decrypt.cipher);
	rv = formed.failed
		     ? CKR_HOST_MEMORY
		     : decrypt(token, key, &mechanism, (struct kh_span){(const uint8_t *)formed.data, formed.length},
			       plain, length, begun);
	kh_buffer_finish(&formed);
	return rv;
}

/* --- the proof --- */

static bool set_padding(EVP_PKEY_CTX *context, enum kh_padding padding)
{
	if (padding == KH_PADDING_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
	if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1)
		return false;
	return padding == KH_PADDING_OAEP_SHA1 || (EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
						   EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1);
}

/* padding: of RSA keys, KH_PADDING_COUNT for others. */
static bool encrypt(EVP_PKEY *key, enum kh_padding padding, const uint8_t test[TEST_BYTES], uint8_t *cipher,
		    size_t *length)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	bool good = context && EVP_PKEY_encrypt_init(context) == 1 &&
		    (padding == KH_PADDING_COUNT || set_padding(context, padding)) &&
		    EVP_PKEY_encrypt(context, cipher, length, test, TEST_BYTES) == 1;

	EVP_PKEY_CTX_free(context);
	return good;
}

/* What came of trying one mechanism. */
enum verdict { REFUSED, WRONG, RIGHT, TROUBLE };

static enum verdict try_decrypt(struct kh_token *token, CK_OBJECT_HANDLE key, EVP_PKEY *public, enum kh_padding padding,
				struct kh_error *error)
{
	uint8_t test[TEST_BYTES];
	uint8_t cipher[KH_PLAIN_MAX];
	uint8_t plain[KH_PLAIN_MAX];
	struct kh_span given = {cipher, 0};
	struct kh_sm2_cipher parts;
	size_t size = sizeof(cipher);
	CK_ULONG length = 0;
	bool begun = false;
	CK_RV rv;

	if (RAND_bytes(test, sizeof(test)) != 1 || !encrypt(public, padding, test, cipher, &size)) {
		(void)kh_fail(error, KH_AGENT_FAILED);
		return TROUBLE;
	}
	given.length = size;
	if (padding != KH_PADDING_COUNT)
		rv = kh_decrypt_rsa(token, key, padding, given, plain, &length, &begun);
	else
		rv = kh_sm2_cipher_read(given, &parts) ? kh_decrypt_sm2(token, key, &parts, plain, &length, &begun)
						       : CKR_GENERAL_ERROR;
	if (rv == CKR_OK)
		return length == sizeof(test) && memcmp(plain, test, sizeof(test)) == 0 ? RIGHT : WRONG;
	(void)kh_module_fail(token->module, rv, error);
	if (kh_token_in_trouble(token, rv))
		return TROUBLE;
	return begun ? WRONG : REFUSED;
}

/* -1: unknown, 0: another key's, 1: the same. */
static int same_public(const struct kh_object *key, struct kh_span spki)
{
	char id[KH_SHA256_HEX];

	if (!key->spki_id[0])
		return -1;
	kh_spki_id(spki, id);
	return strcmp(id, key->spki_id) == 0;
}

enum kh_code kh_decrypt_prove(struct kh_token *token, const struct kh_object *key, struct kh_span spki, bool *decrypted,
			      struct kh_error *error)
{
	EVP_PKEY *public = kh_spki_key(spki);
	bool seen[TROUBLE + 1] = {false};
	struct kh_error trouble = {.code = KH_OK};
	struct kh_span modulus;
	struct kh_span exponent;
	bool rsa = kh_spki_rsa(spki, &modulus, &exponent);
	bool other = same_public(key, spki) == 0;
	enum kh_padding padding = rsa ? KH_PADDING_OAEP_SHA1 : KH_PADDING_COUNT;
	enum kh_padding last = rsa ? KH_PADDING_PKCS1 : KH_PADDING_COUNT;

	if (!public)
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	/* What C_DecryptInit took C_Decrypt may still refuse: one right answer counts more than any wrong one. */
	while (!other && !seen[RIGHT] && !seen[TROUBLE] && padding <= last) {
		seen[try_decrypt(token, key->handle, public, padding, &trouble)] = true;
		padding++;
	}
	EVP_PKEY_free(public);
	if (decrypted)
		*decrypted = seen[RIGHT];
	if (seen[TROUBLE] && error)
		*error = trouble;
	if (seen[TROUBLE])
		return trouble.code;
	if (seen[RIGHT])
		return KH_OK;
	if (other || seen[WRONG])
		return kh_fail(error, KH_ENCRYPTION_MISMATCH);
	return same_public(key, spki) == 1 ? KH_OK : kh_fail(error, KH_TOKEN_UNSUPPORTED);
}
