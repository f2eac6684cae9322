/*
 * C_UnwrapKey: session keys by RSA and SM2, private keys by AES (RFC 5649) and
 * SM4, and both in one call.
 */
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/x509.h>

#include "softkey.h"

#define WRAPPED_MAX 8192
#define NUMBER 32 /* bytes of an SM2 private key */

/* What is being unwrapped; secret: an AES or SM4 key, a PKCS#8 or an SM2 number. */
struct unwrapping {
	const struct mechanism *row;
	const CK_MECHANISM *mechanism;
	EVP_PKEY *key;		       /* NULL for secret keys */
	const struct attribute *value; /* of secret keys */
	const unsigned char *in;
	size_t length;
	unsigned char secret[WRAPPED_MAX];
	size_t secret_length;
	EVP_PKEY *point; /* public key the envelope tells, or NULL */
};

/* PKCS#11 2.40, 2.1.21. */
struct rsa_aes_parameters {
	CK_ULONG bits;
	CK_RSA_PKCS_OAEP_PARAMS *oaep;
};

static CK_RV open_asymmetric(struct unwrapping *it, const struct mechanism *row, const CK_MECHANISM *mechanism,
			     size_t length)
{
	struct operation operation = {.mechanism = row, .key = it->key};
	CK_RV rv = decrypt_prepare(&operation, mechanism);

	it->secret_length = DECRYPT_MAX;
	if (rv == CKR_OK && length > DECRYPT_MAX)
		rv = CKR_WRAPPED_KEY_LEN_RANGE;
	if (rv == CKR_OK && !decrypt_data(&operation, it->in, length, it->secret, &it->secret_length))
		rv = CKR_WRAPPED_KEY_INVALID;
	operation.key = NULL;
	operation_end(&operation);
	return rv;
}

static CK_RV open_symmetric(struct unwrapping *it, const EVP_CIPHER *cipher, const unsigned char *key,
			    const unsigned char *in, size_t length)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int done = 0, rest = 0;
	bool good = context && cipher && length > 0 && length <= WRAPPED_MAX - EVP_MAX_BLOCK_LENGTH;

	if (good) {
		EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		good = EVP_DecryptInit_ex(context, cipher, NULL, key, NULL) == 1 &&
		       EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
		       EVP_DecryptUpdate(context, it->secret, &done, in, (int)length) == 1 &&
		       EVP_DecryptFinal_ex(context, it->secret + done, &rest) == 1;
	}
	EVP_CIPHER_CTX_free(context);
	it->secret_length = good ? (size_t)(done + rest) : 0;
	return good ? CKR_OK : CKR_WRAPPED_KEY_INVALID;
}

static CK_RV open_kwp(struct unwrapping *it, const unsigned char *key, size_t key_length, const unsigned char *in,
		      size_t length)
{
	const EVP_CIPHER *cipher = key_length == 16   ? EVP_aes_128_wrap_pad()
				   : key_length == 24 ? EVP_aes_192_wrap_pad()
				   : key_length == 32 ? EVP_aes_256_wrap_pad()
						      : NULL;

	return open_symmetric(it, cipher, key, in, length);
}

static CK_RV open_sm4(struct unwrapping *it, const unsigned char *key, const unsigned char *in, size_t length)
{
	static const unsigned char zeros[NUMBER];
	CK_RV rv = open_symmetric(it, EVP_sm4_ecb(), key, in, length);

	if (rv == CKR_OK && it->secret_length == 2 * NUMBER && memcmp(it->secret, zeros, NUMBER) == 0) {
		memmove(it->secret, it->secret + NUMBER, NUMBER);
		it->secret_length = NUMBER;
	}
	return rv == CKR_OK && it->secret_length != NUMBER ? CKR_WRAPPED_KEY_LEN_RANGE : rv;
}

/* The RSA ciphertext of an AES key, as long as the modulus, then RFC 5649. */
static CK_RV open_both(struct unwrapping *it, const struct mechanism *row, const CK_MECHANISM *mechanism, CK_ULONG bits)
{
	size_t modulus = (size_t)EVP_PKEY_get_size(it->key);
	unsigned char key[32];
	size_t length;
	CK_RV rv;

	if (it->length <= modulus)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	rv = open_asymmetric(it, row, mechanism, modulus);
	length = it->secret_length;
	if (rv != CKR_OK)
		return rv;
	if (length > sizeof key || (bits && bits != 8 * length))
		return CKR_WRAPPED_KEY_INVALID;
	memcpy(key, it->secret, length);
	rv = open_kwp(it, key, length, it->in + modulus, it->length - modulus);
	OPENSSL_cleanse(key, sizeof key);
	return rv;
}

static CK_RV open_rsa_aes(struct unwrapping *it)
{
	const struct rsa_aes_parameters *wanted = it->mechanism->pParameter;
	const struct mechanism oaep = {.type = CKM_RSA_PKCS_OAEP, .work = WORK_OAEP};
	CK_MECHANISM inner = {CKM_RSA_PKCS_OAEP, NULL, sizeof(CK_RSA_PKCS_OAEP_PARAMS)};

	if (!wanted || it->mechanism->ulParameterLen != sizeof *wanted)
		return CKR_MECHANISM_PARAM_INVALID;
	inner.pParameter = wanted->oaep;
	return open_both(it, &oaep, &inner, wanted->bits);
}

/* SM2EnvelopedKey of GM/T 0009. */
struct envelope {
	X509_ALGOR *algorithm;
	ASN1_TYPE *cipher;
	ASN1_BIT_STRING *public, *private;
};
ASN1_SEQUENCE(envelope) =
	{
		ASN1_SIMPLE(struct envelope, algorithm, X509_ALGOR),
		ASN1_SIMPLE(struct envelope, cipher, ASN1_ANY),
		ASN1_SIMPLE(struct envelope, public, ASN1_BIT_STRING),
		ASN1_SIMPLE(struct envelope, private, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END_name(struct envelope, envelope)

		static CK_RV open_parts(struct unwrapping * it, const struct envelope *envelope)
{
	const struct mechanism cipher = {.work = WORK_SM2_CIPHER, .der = true};
	unsigned char key[16];
	CK_RV rv;

	if (envelope->cipher->type != V_ASN1_SEQUENCE)
		return CKR_WRAPPED_KEY_INVALID;
	it->in = envelope->cipher->value.sequence->data;
	rv = open_asymmetric(it, &cipher, it->mechanism, (size_t)envelope->cipher->value.sequence->length);
	if (rv == CKR_OK && it->secret_length != sizeof key)
		rv = CKR_WRAPPED_KEY_INVALID;
	if (rv != CKR_OK)
		return rv;
	memcpy(key, it->secret, sizeof key);
	rv = open_sm4(it, key, envelope->private->data, (size_t)envelope->private->length);
	OPENSSL_cleanse(key, sizeof key);
	it->point = key_from_point(envelope->public->data, (size_t)envelope->public->length);
	return rv == CKR_OK && !it->point ? CKR_WRAPPED_KEY_INVALID : rv;
}

static CK_RV open_envelope(struct unwrapping *it)
{
	const unsigned char *at = it->in;
	struct envelope *envelope =
		(struct envelope *)ASN1_item_d2i(NULL, &at, (long)it->length, ASN1_ITEM_rptr(envelope));
	CK_RV rv = envelope && at == it->in + it->length ? open_parts(it, envelope) : CKR_WRAPPED_KEY_INVALID;

	ASN1_item_free((ASN1_VALUE *)envelope, ASN1_ITEM_rptr(envelope));
	return rv;
}

static CK_RV open_wrapped(struct unwrapping *it)
{
	const struct mechanism plain = {.type = CKM_RSA_PKCS, .work = WORK_RSA};

	switch ((int)it->row->work) {
	case WORK_KWP:
		return open_kwp(it, it->value->value, it->value->length, it->in, it->length);
	case WORK_SM4:
		return open_sm4(it, it->value->value, it->in, it->length);
	case WORK_RSA_AES:
		return open_rsa_aes(it);
	case WORK_RSA_IMPORT:
		return open_both(it, &plain, it->mechanism, 0);
	case WORK_SM2_ENVELOPE:
		return open_envelope(it);
	default:
		return open_asymmetric(it, it->row, it->mechanism, it->length);
	}
}

/* A private key comes as PKCS#8 or, by SM4, as the number alone. */
static EVP_PKEY *read_private(const struct unwrapping *it)
{
	const unsigned char *at = it->secret;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *key;

	if (it->row->work == WORK_SM4 || it->row->work == WORK_SM2_ENVELOPE)
		return key_from_number(sm2_parameters, sizeof sm2_parameters, it->secret, it->secret_length);
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)it->secret_length);
	key = info ? EVP_PKCS82PKEY(info) : NULL;
	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

static CK_RV set_private(struct object *object, const struct unwrapping *it)
{
	EVP_PKEY *key = read_private(it);
	CK_RV rv = CKR_OK;

	if (!key || (it->point && EVP_PKEY_eq(key, it->point) != 1))
		rv = CKR_WRAPPED_KEY_INVALID;
	else if (!key_fits(object, key))
		rv = CKR_TEMPLATE_INCONSISTENT;
	else if (!key_set_secret(object, key) || !key_set_curve(object, key))
		rv = CKR_FUNCTION_FAILED;
	EVP_PKEY_free(key);
	return rv;
}

/* Session keys are made by RSA and SM2, private keys by the others. */
static CK_RV set_key(struct object *object, const struct unwrapping *it)
{
	bool private = attribute_number(object, CKA_CLASS) == CKO_PRIVATE_KEY;
	enum work work = it->row->work;
	bool session_key = work == WORK_RSA || work == WORK_OAEP || work == WORK_SM2_CIPHER;
	CK_RV rv;

	if (!private && attribute_number(object, CKA_CLASS) != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCOMPLETE;
	if (attribute_get(object, CKA_VALUE) || private == session_key)
		return CKR_TEMPLATE_INCONSISTENT;
	if (private) {
		rv = set_private(object, it);
	} else {
		attribute_set(object, CKA_VALUE, it->secret, it->secret_length);
		rv = CKR_OK;
	}
	if (rv == CKR_OK)
		rv = object_complete(object);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_WRAPPED_KEY_INVALID : rv;
}

static CK_RV find_key(struct unwrapping *it, CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which)
{
	struct session *session;
	struct object *object;
	CK_RV rv = object_open(handle, which, &session, &object);

	if (rv != CKR_OK)
		return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_UNWRAPPING_KEY_HANDLE_INVALID : rv;
	if (attribute_number(object, CKA_KEY_TYPE) != it->row->key_type)
		return CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT;
	if (!attribute_flag(object, CKA_UNWRAP))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (attribute_number(object, CKA_CLASS) == CKO_PRIVATE_KEY && slot_always(session->slot)) {
		if (!session->may_unwrap)
			return CKR_USER_NOT_LOGGED_IN;
		session->may_unwrap = false;
	}
	it->value = attribute_get(object, CKA_VALUE);
	it->key = it->value ? NULL : key_of(object);
	return it->value || it->key ? CKR_OK : CKR_UNWRAPPING_KEY_HANDLE_INVALID;
}

static CK_RV unwrap(struct unwrapping *it, CK_SESSION_HANDLE handle, struct object *object, CK_OBJECT_HANDLE *out)
{
	struct session *session;
	CK_RV rv = attribute_flag(object, CKA_TOKEN) ? session_get_writable(handle, &session)
						     : session_get(handle, &session);

	if (rv == CKR_OK)
		rv = open_wrapped(it);
	if (rv == CKR_OK)
		rv = set_key(object, it);
	if (rv == CKR_OK)
		return object_add(handle, session, object, out);
	object_free(object);
	return rv;
}

CK_RV soft_UnwrapKey(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE which, CK_BYTE *in,
		     CK_ULONG length, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
	struct unwrapping it = {.mechanism = mechanism, .in = in, .length = length};
	struct object *object;
	CK_RV rv;

	if (!mechanism || !in || !out)
		return CKR_ARGUMENTS_BAD;
	it.row = mechanism_find(mechanism->mechanism, CKF_UNWRAP);
	rv = it.row ? find_key(&it, handle, which) : CKR_MECHANISM_INVALID;
	if (rv == CKR_OK) {
		object = object_new();
		attributes_take(object, template, count);
		attribute_drop(object, ATTRIBUTE_SECRET);
		rv = unwrap(&it, handle, object, out);
	}
	EVP_PKEY_free(it.key);
	EVP_PKEY_free(it.point);
	OPENSSL_cleanse(&it, sizeof it);
	return rv;
}
