/* Signatures: RSA PKCS#1 v1.5, ECDSA (r and s side by side), EdDSA, SM2 (both forms). */
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "softkey.h"

static EVP_PKEY_CTX *signer(const struct operation *operation, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(operation->key, NULL);
	bool good = context && init(context) == 1;

	if (good && operation->mechanism->work == WORK_RSA) {
		good = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
		if (good && operation->mechanism->digest)
			good = EVP_PKEY_CTX_set_signature_md(context,
							     EVP_get_digestbyname(operation->mechanism->digest)) == 1;
	}
	if (good)
		return context;
	EVP_PKEY_CTX_free(context);
	return NULL;
}

/* Made of two numbers, in OpenSSL always in DER. */
static bool is_pair(const struct mechanism *mechanism)
{
	return mechanism->work == WORK_ECDSA || mechanism->work == WORK_SM2 || mechanism->work == WORK_SM2_MESSAGE;
}

static size_t signature_size(const struct operation *operation)
{
	if (is_pair(operation->mechanism) && !operation->mechanism->der)
		return 2 * (((size_t)EVP_PKEY_get_bits(operation->key) + 7) / 8);
	return (size_t)EVP_PKEY_get_size(operation->key);
}

/* r and s side by side, as PKCS#11 has them. */
static bool to_raw(const unsigned char *der, size_t length, unsigned char *out, size_t size)
{
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
	int half = (int)size / 2;
	bool good = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, half) == half &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + half, half) == half;

	ECDSA_SIG_free(signature);
	return good;
}

static size_t to_der(const unsigned char *raw, size_t size, unsigned char *out)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int half = (int)size / 2, length = 0;

	if (signature && ECDSA_SIG_set0(signature, BN_bin2bn(raw, half, NULL), BN_bin2bn(raw + half, half, NULL)) == 1)
		length = i2d_ECDSA_SIG(signature, &out);
	ECDSA_SIG_free(signature);
	return length > 0 ? (size_t)length : 0;
}

static CK_RV sign_edwards(EVP_PKEY *key, const unsigned char *in, size_t length, unsigned char *out, size_t size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(context, out, &size, in, length) == 1;

	EVP_MD_CTX_free(context);
	return good ? CKR_OK : CKR_FUNCTION_FAILED;
}

static bool sign_data(const struct operation *operation, const unsigned char *in, size_t length, unsigned char *out,
		      size_t *size)
{
	EVP_PKEY_CTX *context;
	bool good;

	if (operation->mechanism->work == WORK_SM2_MESSAGE)
		return sm2_sign(operation->key, in, length, out, size);
	context = signer(operation, EVP_PKEY_sign_init);
	good = context && EVP_PKEY_sign(context, out, size, in, length) == 1;
	EVP_PKEY_CTX_free(context);
	return good;
}

static CK_RV check_length(const struct mechanism *mechanism, size_t length, size_t size)
{
	if (mechanism->work == WORK_RSA && !mechanism->digest && length + 11 > size)
		return CKR_DATA_LEN_RANGE;
	return mechanism->work == WORK_SM2 && length != 32 ? CKR_DATA_LEN_RANGE : CKR_OK;
}

static CK_RV make_signature(const struct operation *operation, const unsigned char *in, size_t length,
			    unsigned char *out, size_t *size)
{
	unsigned char digest[EVP_MAX_MD_SIZE], der[256];
	size_t der_length = sizeof der;
	const unsigned char *data;
	bool good;
	CK_RV rv;

	if (operation->mechanism->work == WORK_EDDSA)
		return sign_edwards(operation->key, in, length, out, *size);
	rv = operation_digest(operation, in, length, digest, &data, &length);
	if (rv == CKR_OK)
		rv = check_length(operation->mechanism, length, *size);
	if (rv != CKR_OK)
		return rv;
	if (is_pair(operation->mechanism) && !operation->mechanism->der)
		good = sign_data(operation, data, length, der, &der_length) && to_raw(der, der_length, out, *size);
	else
		good = sign_data(operation, data, length, out, size);
	return good ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV finish_sign(struct operation *operation, const unsigned char *in, size_t length, CK_BYTE *out,
			 CK_ULONG *out_length)
{
	size_t size = signature_size(operation), room;
	CK_RV rv;

	if (!out_length)
		return CKR_ARGUMENTS_BAD;
	room = *out_length;
	*out_length = size;
	if (!out)
		return CKR_OK;
	if (room < size)
		return CKR_BUFFER_TOO_SMALL;
	rv = make_signature(operation, in, length, out, &size);
	if (rv == CKR_OK)
		*out_length = size;
	operation_end(operation);
	return rv;
}

static bool verify_edwards(EVP_PKEY *key, const unsigned char *in, size_t length, const CK_BYTE *signature, size_t size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature, size, in, length) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

static bool verify_data(const struct operation *operation, const unsigned char *in, size_t length,
			const CK_BYTE *signature, size_t size)
{
	EVP_PKEY_CTX *context;
	bool good;

	if (operation->mechanism->work == WORK_EDDSA)
		return verify_edwards(operation->key, in, length, signature, size);
	if (operation->mechanism->work == WORK_SM2_MESSAGE)
		return sm2_verify(operation->key, in, length, signature, size);
	context = signer(operation, EVP_PKEY_verify_init);
	good = context && size > 0 && EVP_PKEY_verify(context, signature, size, in, length) == 1;
	EVP_PKEY_CTX_free(context);
	return good;
}

static CK_RV check_signature(const struct operation *operation, const unsigned char *in, size_t length,
			     const CK_BYTE *signature, size_t size)
{
	const struct mechanism *mechanism = operation->mechanism;
	unsigned char digest[EVP_MAX_MD_SIZE], der[256];
	const unsigned char *data;
	CK_RV rv = operation_digest(operation, in, length, digest, &data, &length);

	if (rv == CKR_OK)
		rv = check_length(mechanism, length, signature_size(operation));
	if (rv != CKR_OK)
		return rv;
	if (mechanism->der ? size > signature_size(operation) : size != signature_size(operation))
		return CKR_SIGNATURE_LEN_RANGE;
	if (is_pair(mechanism) && !mechanism->der) {
		size = to_der(signature, size, der);
		signature = der;
	}
	return verify_data(operation, data, length, signature, size) ? CKR_OK : CKR_SIGNATURE_INVALID;
}

CK_RV soft_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return operation_start(session, mechanism, key, CKF_SIGN, CKA_SIGN, PLACE(sign));
}

CK_RV soft_Sign(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *out_length)
{
	struct operation *operation;
	CK_RV rv = operation_active(session, PLACE(sign), &operation);

	if (rv == CKR_OK)
		rv = operation_ready(operation);
	return rv == CKR_OK ? finish_sign(operation, in, in_length, out, out_length) : rv;
}

CK_RV soft_SignUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length)
{
	return operation_update(session, PLACE(sign), in, length);
}

CK_RV soft_SignFinal(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *length)
{
	struct operation *operation;
	CK_RV rv = operation_active(session, PLACE(sign), &operation);

	if (rv == CKR_OK)
		rv = operation_ready(operation);
	return rv == CKR_OK ? finish_sign(operation, operation->data, operation->length, out, length) : rv;
}

CK_RV soft_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	return operation_start(session, mechanism, key, CKF_VERIFY, CKA_VERIFY, PLACE(verify));
}

CK_RV soft_Verify(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *signature, CK_ULONG length)
{
	struct operation *operation;
	CK_RV rv = operation_active(session, PLACE(verify), &operation);

	if (rv != CKR_OK)
		return rv;
	rv = check_signature(operation, in, in_length, signature, length);
	operation_end(operation);
	return rv;
}

CK_RV soft_VerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length)
{
	return operation_update(session, PLACE(verify), in, length);
}

CK_RV soft_VerifyFinal(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG length)
{
	struct operation *operation;
	CK_RV rv = operation_active(session, PLACE(verify), &operation);

	if (rv != CKR_OK)
		return rv;
	rv = check_signature(operation, operation->data, operation->length, signature, length);
	operation_end(operation);
	return rv;
}
