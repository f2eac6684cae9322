/* Decryption: RSA with PKCS#1 v1.5 and OAEP, SM2. */
#include <string.h>

#include <openssl/rsa.h>

#include "softkey.h"

static const char *oaep_hash(CK_MECHANISM_TYPE type)
{
	const struct mechanism *row = mechanism_find(type, CKF_DIGEST);

	return row ? row->digest : NULL;
}

static CK_RV take_oaep(struct operation *operation, const CK_MECHANISM *mechanism)
{
	static const CK_MECHANISM_TYPE masks[] = {0, CKM_SHA_1, CKM_SHA256, CKM_SHA384, CKM_SHA512}; /* by CKG_MGF1_ */
	const CK_RSA_PKCS_OAEP_PARAMS *wanted = mechanism->pParameter;

	if (!wanted || mechanism->ulParameterLen != sizeof *wanted || wanted->mgf >= sizeof masks / sizeof *masks)
		return CKR_MECHANISM_PARAM_INVALID;
	operation->oaep_digest = oaep_hash(wanted->hashAlg);
	operation->oaep_mask = oaep_hash(masks[wanted->mgf]);
	if (!operation->oaep_digest || !operation->oaep_mask)
		return CKR_MECHANISM_PARAM_INVALID;
	operation->length = wanted->ulSourceDataLen;
	operation->data = OPENSSL_memdup(wanted->pSourceData, operation->length);
	return CKR_OK;
}

CK_RV decrypt_prepare(struct operation *operation, const CK_MECHANISM *mechanism)
{
	return operation->mechanism->work == WORK_OAEP ? take_oaep(operation, mechanism) : CKR_OK;
}

CK_RV soft_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	CK_RV rv = operation_start(session, mechanism, key, CKF_DECRYPT, CKA_DECRYPT, PLACE(decrypt));
	struct operation *operation;

	if (rv == CKR_OK)
		rv = operation_active(session, PLACE(decrypt), &operation);
	if (rv != CKR_OK)
		return rv;
	rv = decrypt_prepare(operation, mechanism);
	if (rv != CKR_OK)
		operation_end(operation);
	return rv;
}

static bool set_oaep(EVP_PKEY_CTX *context, const struct operation *operation)
{
	void *label = operation->length ? OPENSSL_memdup(operation->data, operation->length) : NULL;

	if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_get_digestbyname(operation->oaep_digest)) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_get_digestbyname(operation->oaep_mask)) != 1)
		return false;
	return !label || EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, (int)operation->length) == 1;
}

bool decrypt_data(const struct operation *operation, const unsigned char *in, size_t in_length, unsigned char *out,
		  size_t *out_length)
{
	EVP_PKEY_CTX *context;
	bool good;

	if (operation->mechanism->work == WORK_SM2_CIPHER)
		return sm2_decrypt(operation->key, operation->mechanism->der, in, in_length, out, out_length);
	context = EVP_PKEY_CTX_new(operation->key, NULL);
	good = context && EVP_PKEY_decrypt_init(context) == 1;
	if (good && operation->mechanism->work == WORK_OAEP)
		good = set_oaep(context, operation);
	else if (good)
		good = EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
	good = good && EVP_PKEY_decrypt(context, out, out_length, in, in_length) == 1;
	EVP_PKEY_CTX_free(context);
	return good;
}

CK_RV soft_Decrypt(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *out_length)
{
	struct operation *operation;
	unsigned char plain[DECRYPT_MAX];
	size_t length = sizeof plain, room;
	bool good;
	CK_RV rv = operation_active(session, PLACE(decrypt), &operation);

	if (rv == CKR_OK)
		rv = operation_ready(operation);
	if (rv != CKR_OK)
		return rv;
	if (in_length > sizeof plain)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	room = *out_length;
	*out_length =
		operation->mechanism->work == WORK_SM2_CIPHER ? in_length : (CK_ULONG)EVP_PKEY_get_size(operation->key);
	if (!out)
		return CKR_OK;
	good = decrypt_data(operation, in, in_length, plain, &length);
	if (good && room < length) {
		*out_length = length;
		return CKR_BUFFER_TOO_SMALL;
	}
	operation_end(operation);
	if (good)
		memcpy(out, plain, *out_length = length);
	OPENSSL_cleanse(plain, sizeof plain);
	return good ? CKR_OK : CKR_ENCRYPTED_DATA_INVALID;
}
