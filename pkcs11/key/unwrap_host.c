/*
 * The named fallback, for tokens that can decrypt but not unwrap: the session
 * key and then the private key are in this process for a moment, in memory that
 * is wiped. Only where the configuration says encryptionImport "host".
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "key/unwrap_way.h"
#include "secret.h"

#define AES_MAX 32
#define RSA_PARTS 8

/* Memory that is wiped before it is freed. */
struct wiped {
	uint8_t *data;
	size_t size;
	size_t length;
};

static void finish_wiped(struct wiped *wiped)
{
	if (wiped->data)
		kh_wipe(wiped->data, wiped->size);
	free(wiped->data);
}
#define WIPED __attribute__((cleanup(finish_wiped))) struct wiped

static bool known_decrypt(struct kh_token *token, CK_MECHANISM_TYPE type, bool claimed)
{
	return kh_way_mechanism(token, type, claimed ? CKF_DECRYPT : 0);
}

bool kh_way_known_rsa_decrypt(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	(void)way;
	return known_decrypt(token, CKM_RSA_PKCS_OAEP, claimed) || known_decrypt(token, CKM_RSA_PKCS, claimed);
}

bool kh_way_known_sm2_decrypt(struct kh_token *token, const struct kh_way *way, bool claimed)
{
	const struct kh_profile *profile = kh_module_sm2(token->module);

	(void)way;
	return profile && kh_way_number(token, profile->sm2_decrypt.mechanism, claimed);
}

static const EVP_CIPHER *wrap_cipher(size_t length)
{
	switch (length) {
	case 16:
		return EVP_aes_128_wrap_pad();
	case 24:
		return EVP_aes_192_wrap_pad();
	case AES_MAX:
		return EVP_aes_256_wrap_pad();
	default:
		return NULL;
	}
}

/* out has room for a block more than in. */
static bool decipher(const EVP_CIPHER *cipher, const struct kh_secret *key, struct kh_span in, struct wiped *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int length = 0;
	bool good;

	if (context)
		EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	good = context && cipher && EVP_DecryptInit_ex(context, cipher, NULL, key->bytes, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
	       EVP_DecryptUpdate(context, out->data, &length, in.data, (int)in.length) == 1 && length > 0;
	EVP_CIPHER_CTX_free(context);
	out->length = good ? (size_t)length : 0;
	return good;
}

static bool make_room(struct wiped *out, size_t length)
{
	out->size = length + EVP_MAX_BLOCK_LENGTH;
	out->data = calloc(1, out->size);
	return out->data;
}

/* The content of the n-th INTEGER, without a zero before it. */
static bool next_number(struct kh_span *in, struct kh_span *out)
{
	struct kh_tlv number;

	if (!kh_der_expect(in, KH_DER_INTEGER, &number) || number.body.length == 0)
		return false;
	*out = number.body;
	if (out->length > 1 && out->data[0] == 0) {
		out->data++;
		out->length--;
	}
	return true;
}

/* RSAPrivateKey (RFC 8017, A.1.2) in PrivateKeyInfo (RFC 5958). */
static bool read_rsa(struct kh_span in, struct kh_span parts[RSA_PARTS])
{
	struct kh_span version;
	struct kh_tlv whole;
	struct kh_tlv algorithm;
	struct kh_tlv key;

	if (!kh_der_expect(&in, KH_DER_SEQUENCE, &whole) || !next_number(&whole.body, &version) ||
	    !kh_der_expect(&whole.body, KH_DER_SEQUENCE, &algorithm) ||
	    !kh_der_expect(&whole.body, KH_DER_OCTET_STRING, &key) ||
	    !kh_der_expect(&key.body, KH_DER_SEQUENCE, &whole) || !next_number(&whole.body, &version))
		return false;
	for (size_t i = 0; i < RSA_PARTS; i++) {
		if (!next_number(&whole.body, &parts[i]))
			return false;
	}
	return true;
}

struct value {
	CK_ATTRIBUTE_TYPE type;
	struct kh_span value;
};

static CK_RV create(struct kh_attempt *attempt, const struct value *values, size_t count, CK_OBJECT_HANDLE *key)
{
	struct kh_token *token = attempt->unwrap->token;
	struct kh_template template;
	CK_RV rv = CKR_OK;

	for (enum kh_way_ask ask = KH_ASK_ALL; ask < KH_ASK_END; ask++) {
		kh_way_template(&template, attempt, ask);
		for (size_t i = 0; i < count; i++)
			kh_template_span(&template, values[i].type, values[i].value);
		rv = KH_CALL(token->module, C_CreateObject, token->session, template.list, template.count, key);
		if (kh_rv_kind(rv) != KH_RV_TEMPLATE)
			break;
	}
	return rv;
}

static CK_RV create_rsa(struct kh_attempt *attempt, const struct kh_secret *session, CK_OBJECT_HANDLE *key)
{
	static const CK_ATTRIBUTE_TYPE types[RSA_PARTS] = {CKA_MODULUS,	   CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT,
							   CKA_PRIME_1,	   CKA_PRIME_2,		CKA_EXPONENT_1,
							   CKA_EXPONENT_2, CKA_COEFFICIENT};
	struct kh_span wrapped = attempt->unwrap->envelope->key;
	struct kh_span parts[RSA_PARTS];
	struct value values[RSA_PARTS];
	WIPED plain = {.data = NULL};

	if (!make_room(&plain, wrapped.length))
		return CKR_HOST_MEMORY;
	if (!decipher(wrap_cipher(session->length), session, wrapped, &plain) ||
	    !read_rsa((struct kh_span){plain.data, plain.length}, parts))
		return CKR_WRAPPED_KEY_INVALID;
	for (size_t i = 0; i < RSA_PARTS; i++)
		values[i] = (struct value){types[i], parts[i]};
	return create(attempt, values, RSA_PARTS, key);
}

/* The session key, by the first padding that fits. */
static CK_RV open_session(struct kh_attempt *attempt, enum kh_padding padding, struct kh_secret *session)
{
	const struct kh_unwrap *unwrap = attempt->unwrap;
	uint8_t plain[KH_PLAIN_MAX];
	CK_ULONG length = 0;
	bool begun;
	CK_RV rv = kh_decrypt_rsa(unwrap->token, unwrap->opener, padding, unwrap->envelope->session, plain, &length,
				  &begun);

	if (rv == CKR_OK && (length > AES_MAX || kh_secret_set(session, plain, length) != KH_OK))
		rv = CKR_ENCRYPTED_DATA_INVALID;
	kh_wipe(plain, sizeof(plain));
	return rv;
}

CK_RV kh_way_open_rsa_on_host(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	CK_RV rv = CKR_MECHANISM_INVALID;
	KH_SECRET session;

	(void)way;
	kh_secret_init(&session);
	for (enum kh_padding padding = 0; padding < KH_PADDING_COUNT; padding++) {
		rv = open_session(attempt, padding, &session);
		if (rv == CKR_OK)
			return create_rsa(attempt, &session, key);
		if (kh_token_in_trouble(attempt->unwrap->token, rv))
			break;
	}
	return rv;
}

/* --- SM2 --- */

static CK_RV create_sm2(struct kh_attempt *attempt, const struct kh_secret *session, CK_OBJECT_HANDLE *key)
{
	static const uint8_t zeros[KH_SM2_BYTES];
	struct kh_span wrapped = attempt->unwrap->envelope->key;
	struct value value = {.type = CKA_VALUE};
	WIPED plain = {.data = NULL};

	if (!make_room(&plain, wrapped.length))
		return CKR_HOST_MEMORY;
	if (session->length != KH_SM4_BYTES || !decipher(EVP_sm4_ecb(), session, wrapped, &plain) ||
	    plain.length != wrapped.length)
		return CKR_WRAPPED_KEY_INVALID;
	value.value = (struct kh_span){plain.data, plain.length};
	if (plain.length > KH_SM2_BYTES) {
		if (!kh_span_equal((struct kh_span){plain.data, KH_SM2_BYTES}, (struct kh_span){zeros, KH_SM2_BYTES}))
			return CKR_WRAPPED_KEY_INVALID;
		value.value = (struct kh_span){plain.data + KH_SM2_BYTES, KH_SM2_BYTES};
	}
	return create(attempt, &value, 1, key);
}

CK_RV kh_way_open_sm2_on_host(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key)
{
	const struct kh_unwrap *unwrap = attempt->unwrap;
	uint8_t plain[KH_PLAIN_MAX];
	CK_ULONG length = 0;
	KH_SECRET session;
	bool begun;
	CK_RV rv;

	(void)way;
	kh_secret_init(&session);
	rv = kh_decrypt_sm2(unwrap->token, unwrap->opener, &unwrap->envelope->cipher, plain, &length, &begun);
	if (rv == CKR_OK && kh_secret_set(&session, plain, length) != KH_OK)
		rv = CKR_ENCRYPTED_DATA_INVALID;
	kh_wipe(plain, sizeof(plain));
	return rv == CKR_OK ? create_sm2(attempt, &session, key) : rv;
}
