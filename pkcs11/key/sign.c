/* Signatures. */
#include "key/sign.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "profile.h"
#include "token/context.h"
#include "token/token.h"
#include "x509/sm2.h"

#define SIGNATURE_MAX 1024

/* DigestInfo of SHA-256 up to the digest (RFC 8017, 9.2). */
static const uint8_t sha256_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

static const struct row {
	enum kh_any_key_type type;
	const char *jws;
	CK_MECHANISM_TYPE mechanism;
	size_t digest;		/* 0: the token takes the message */
	const char *identifier; /* AlgorithmIdentifier, DER */
	size_t identifier_length;
} rows[] = {
#define RSA_SHA256 "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"
#define ECDSA_SHA256 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define ECDSA_SHA384 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define SM2_SM3 "\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75"
#define ED25519 "\x30\x05\x06\x03\x2b\x65\x70"
	{KH_ANY_KEY_TYPE_RSA2048, "RS256", CKM_SHA256_RSA_PKCS, 0, RSA_SHA256, sizeof(RSA_SHA256) - 1},
	{KH_ANY_KEY_TYPE_RSA3072, "RS256", CKM_SHA256_RSA_PKCS, 0, RSA_SHA256, sizeof(RSA_SHA256) - 1},
	{KH_ANY_KEY_TYPE_RSA4096, "RS256", CKM_SHA256_RSA_PKCS, 0, RSA_SHA256, sizeof(RSA_SHA256) - 1},
	{KH_ANY_KEY_TYPE_EC_P256, "ES256", CKM_ECDSA, 32, ECDSA_SHA256, sizeof(ECDSA_SHA256) - 1},
	{KH_ANY_KEY_TYPE_EC_P384, "ES384", CKM_ECDSA, 48, ECDSA_SHA384, sizeof(ECDSA_SHA384) - 1},
	{KH_ANY_KEY_TYPE_SM2, "SM2SM3", KH_NO_NUMBER, 32, SM2_SM3, sizeof(SM2_SM3) - 1}, /* sign_sm2() */
	{KH_ANY_KEY_TYPE_ED25519, "EdDSA", CKM_EDDSA, 0, ED25519, sizeof(ED25519) - 1},
};

static const struct row *find_row(enum kh_any_key_type type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == type)
			return &rows[i];
	}
	return NULL;
}

const char *kh_sign_jws_name(enum kh_any_key_type type)
{
	const struct row *row = find_row(type);

	return row ? row->jws : NULL;
}

bool kh_sign_knows(const struct kh_token *token, enum kh_any_key_type type)
{
	return find_row(type) && (type != KH_ANY_KEY_TYPE_SM2 || kh_module_sm2(token->module));
}

/* Sloppy modules leave the flags empty. */
static bool offers(struct kh_token *token, CK_MECHANISM_TYPE type)
{
	CK_FLAGS flags;
	CK_RV rv = kh_token_mechanism(token, type, &flags);

	if (rv == CKR_OK)
		return (flags & CKF_SIGN) || !(flags & ~(CK_FLAGS)CKF_HW);
	return rv != CKR_MECHANISM_INVALID;
}

bool kh_sign_offered(struct kh_token *token, enum kh_any_key_type type)
{
	const struct row *row = find_row(type);

	if (!row || row->mechanism == KH_NO_NUMBER)
		return kh_sign_knows(token, type);
	return offers(token, row->mechanism) || (row->mechanism == CKM_SHA256_RSA_PKCS && offers(token, CKM_RSA_PKCS));
}

static CK_RV sign(struct kh_token *token, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, const void *data, size_t length,
		  uint8_t *signature, CK_ULONG *size)
{
	CK_MECHANISM mechanism = {type, NULL, 0};
	CK_ULONG room = *size;
	CK_RV login, rv;

	do {
		rv = KH_CALL_ON(token->module, mechanism, &type, C_SignInit, token->session, &mechanism, key);
		if (rv != CKR_OK)
			return rv;
		login = kh_context_login(token, key);
		*size = room;
		rv = KH_CALL(token->module, C_Sign, token->session, (CK_BYTE_PTR)(uintptr_t)data, (CK_ULONG)length,
			     signature, size);
	} while (kh_context_again(token, key, rv));
	if (*size > room)
		*size = 0;
	return kh_context_result(login, rv);
}

static CK_RV sign_rsa_on_host(struct kh_token *token, CK_OBJECT_HANDLE key, const void *message, size_t length,
			      uint8_t *signature, CK_ULONG *size)
{
	uint8_t info[sizeof(sha256_info) + SHA256_DIGEST_LENGTH];

	memcpy(info, sha256_info, sizeof(sha256_info));
	SHA256(message, length, info + sizeof(sha256_info));
	return sign(token, key, CKM_RSA_PKCS, info, sizeof(info), signature, size);
}

/* What the profile says the token wants and gives, turned into r and s. */
static enum kh_code sign_sm2(const struct kh_signer *signer, const void *message, size_t length, struct kh_buffer *out,
			     struct kh_error *error)
{
	const struct kh_profile *profile = kh_module_sm2(signer->token->module);
	bool whole = profile && profile->sm2_sign_input == KH_PROFILE_SIGN_INPUT_MESSAGE;
	uint8_t digest[KH_SM2_DIGEST];
	uint8_t signature[SIGNATURE_MAX];
	uint8_t raw[KH_SM2_RAW];
	CK_ULONG size = sizeof(signature);
	CK_RV rv;

	if (!profile || !kh_sm2_digest(signer->spki, message, length, digest))
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	rv = sign(signer->token, signer->key->handle, profile->sm2_sign, whole ? message : digest,
		  whole ? length : sizeof(digest), signature, &size);
	if (rv != CKR_OK)
		return kh_module_fail(signer->token->module, rv, error);
	if (profile->sm2_sign_output == KH_PROFILE_SIGN_OUTPUT_RAW && size == sizeof(raw))
		memcpy(raw, signature, sizeof(raw));
	else if (!kh_sm2_raw((struct kh_span){signature, size}, raw))
		return kh_fail_call(error, KH_TOKEN_FAILED, "C_Sign", "length");
	kh_buffer_append(out, raw, sizeof(raw));
	return out->failed ? kh_fail(error, KH_AGENT_FAILED) : KH_OK;
}

enum kh_code kh_sign(const struct kh_signer *signer, const void *message, size_t length, struct kh_buffer *out,
		     struct kh_error *error)
{
	enum kh_any_key_type type = kh_spki_type(signer->spki);
	const struct row *row = find_row(type);
	struct kh_token *token = signer->token;
	uint8_t digest[SHA384_DIGEST_LENGTH];
	uint8_t signature[SIGNATURE_MAX];
	CK_ULONG size = sizeof(signature);
	CK_RV rv;

	if (!row)
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	if (type == KH_ANY_KEY_TYPE_SM2)
		return sign_sm2(signer, message, length, out, error);
	if (row->digest == 32)
		SHA256(message, length, digest);
	else if (row->digest == 48)
		SHA384(message, length, digest);
	rv = sign(token, signer->key->handle, row->mechanism, row->digest ? digest : message,
		  row->digest ? row->digest : length, signature, &size);
	if (row->mechanism == CKM_SHA256_RSA_PKCS && kh_rv_kind(rv) == KH_RV_MECHANISM) {
		size = sizeof(signature);
		rv = sign_rsa_on_host(token, signer->key->handle, message, length, signature, &size);
	}
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	kh_buffer_append(out, signature, size);
	return out->failed ? kh_fail(error, KH_AGENT_FAILED) : KH_OK;
}

enum kh_code kh_sign_put_algorithm(enum kh_any_key_type type, struct kh_buffer *out, struct kh_error *error)
{
	const struct row *row = find_row(type);

	if (!row)
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	kh_buffer_append(out, row->identifier, row->identifier_length);
	return KH_OK;
}

void kh_sign_put_value(enum kh_any_key_type type, const struct kh_buffer *raw, struct kh_buffer *out)
{
	const struct row *row = find_row(type);
	const uint8_t *bytes = (const uint8_t *)raw->data;
	size_t from = out->length;

	if (!row || row->digest == 0) {
		kh_buffer_append(out, raw->data, raw->length);
		return;
	}
	kh_der_put_unsigned(out, bytes, raw->length / 2);
	kh_der_put_unsigned(out, bytes + raw->length / 2, raw->length / 2);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
}

static const char *digest_name(const struct row *row)
{
	if (row->type == KH_ANY_KEY_TYPE_ED25519)
		return NULL;
	if (row->type == KH_ANY_KEY_TYPE_SM2)
		return "SM3";
	return row->digest == 48 ? "SHA384" : "SHA256";
}

/* Without the ID OpenSSL takes an empty one. It is set after the init: given to
 * it as a parameter, 3.0.19 refuses it. */
static bool verify_init(EVP_MD_CTX *context, const struct row *row, EVP_PKEY *key)
{
	EVP_PKEY_CTX *parameters = NULL;

	if (EVP_DigestVerifyInit_ex(context, &parameters, digest_name(row), NULL, NULL, key, NULL) != 1)
		return false;
	return row->type != KH_ANY_KEY_TYPE_SM2 || EVP_PKEY_CTX_set1_id(parameters, KH_SM2_ID, strlen(KH_SM2_ID)) == 1;
}

enum kh_code kh_sign_checked(const struct kh_signer *signer, const void *message, size_t length, struct kh_buffer *out,
			     struct kh_error *error)
{
	const struct kh_bytes spki = {(uint8_t *)(uintptr_t)signer->spki.data, signer->spki.length};
	enum kh_any_key_type type = kh_spki_type(signer->spki);
	struct kh_buffer signature;
	size_t from = out->length;
	enum kh_code code = kh_sign(signer, message, length, out, error);

	if (code != KH_OK)
		return code;
	signature = (struct kh_buffer){.data = out->data + from, .length = out->length - from};
	if (kh_sign_verify(&spki, type, message, length, &signature))
		return KH_OK;
	kh_buffer_cut(out, from);
	return kh_fail_call(error, KH_TOKEN_FAILED, "C_Sign", "signature");
}

enum kh_code kh_sign_prove(const struct kh_signer *signer, struct kh_error *error)
{
	const struct kh_bytes spki = {(uint8_t *)(uintptr_t)signer->spki.data, signer->spki.length};
	KH_AUTO(kh_buffer_finish) struct kh_buffer signature = {0};
	char message[48] = "keyhall proof: ";
	enum kh_code code = KH_OK;

	if (RAND_bytes((unsigned char *)message + 16, 32) != 1)
		code = kh_fail(error, KH_AGENT_FAILED);
	if (code == KH_OK)
		code = kh_sign(signer, message, sizeof(message), &signature, error);
	if (code != KH_OK || kh_sign_verify(&spki, kh_spki_type(signer->spki), message, sizeof(message), &signature))
		return code;
	code = kh_fail(error, KH_CERTIFICATE_MISMATCH);
	if (error)
		snprintf(error->what, sizeof(error->what), "spki");
	return code;
}

bool kh_sign_verify(const struct kh_bytes *spki, enum kh_any_key_type type, const void *message, size_t length,
		    const struct kh_buffer *raw)
{
	const struct row *row = find_row(type);
	struct kh_buffer value = {0};
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *key = kh_spki_key((struct kh_span){spki->data, spki->length});
	bool good = false;

	kh_sign_put_value(type, raw, &value);
	if (row && key && context && !value.failed) {
		good = verify_init(context, row, key) &&
		       EVP_DigestVerify(context, (const unsigned char *)value.data, value.length, message, length) == 1;
	}
	kh_buffer_finish(&value);
	EVP_PKEY_free(key);
	EVP_MD_CTX_free(context);
	return good;
}
