/* C_GenerateKeyPair. */
#include <stdio.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "softkey.h"

static CK_RV generate(const struct mechanism *mechanism, const struct object *public, EVP_PKEY **key)
{
	CK_ULONG bits = attribute_number(public, CKA_MODULUS_BITS);
	const char *curve;
	char kind[32];

	if (mechanism->work == WORK_RSA_PAIR) {
		if (bits == CK_UNAVAILABLE_INFORMATION)
			return CKR_TEMPLATE_INCOMPLETE;
		if (bits < mechanism->minimum || bits > mechanism->maximum)
			return CKR_KEY_SIZE_RANGE;
		snprintf(kind, sizeof kind, "rsa%lu", bits);
		*key = pool_take(kind);
		if (!*key)
			*key = EVP_RSA_gen(bits);
	} else {
		curve = key_curve(public, mechanism->key_type);
		if (!curve)
			return attribute_get(public, CKA_EC_PARAMS) ? CKR_CURVE_NOT_SUPPORTED : CKR_TEMPLATE_INCOMPLETE;
		*key = pool_take(curve);
		if (!*key)
			*key = mechanism->work == WORK_EC_PAIR ? EVP_EC_gen(curve)
							       : EVP_PKEY_Q_keygen(NULL, NULL, curve);
	}
	return *key ? CKR_OK : CKR_FUNCTION_FAILED;
}

static void set_common(struct object *object, CK_OBJECT_CLASS class, const struct mechanism *mechanism)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	attribute_set(object, CKA_CLASS, &class, sizeof class);
	attribute_set(object, CKA_KEY_TYPE, &mechanism->key_type, sizeof mechanism->key_type);
	attribute_set(object, CKA_KEY_GEN_MECHANISM, &mechanism->type, sizeof mechanism->type);
	attribute_set(object, CKA_LOCAL, &yes, 1);
	attribute_set_default(object, CKA_TOKEN, &no, 1);
	attribute_set_default(object, CKA_MODIFIABLE, &yes, 1);
	attribute_set_default(object, CKA_ID, "", 0);
	attribute_set_default(object, CKA_LABEL, "", 0);
	attribute_set_default(object, CKA_SUBJECT, "", 0);
	attribute_set_default(object, CKA_DERIVE, &no, 1);
}

static bool set_private(struct object *object, const struct object *public, EVP_PKEY *key)
{
	const struct attribute *parameters = attribute_get(public, CKA_EC_PARAMS);
	CK_BBOOL yes = CK_TRUE;

	attribute_set(object, CKA_ALWAYS_SENSITIVE, &yes, 1);
	attribute_set(object, CKA_NEVER_EXTRACTABLE, &yes, 1);
	key_set_private_defaults(object);
	if (parameters)
		attribute_set(object, CKA_EC_PARAMS, parameters->value, parameters->length);
	return key_set_secret(object, key);
}

static bool set_public(struct object *object, EVP_PKEY *key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

	attribute_set_default(object, CKA_PRIVATE, &no, 1);
	attribute_set_default(object, CKA_VERIFY, &yes, 1);
	attribute_set_default(object, CKA_ENCRYPT, &no, 1);
	attribute_set_default(object, CKA_WRAP, &no, 1);
	return key_describe(object, key);
}

/* Two writes, the private key first; a failure of the second takes the first back. */
static CK_RV write_pair(CK_SESSION_HANDLE handle, struct session *session, struct object *public,
			struct object *private, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	CK_RV rv = object_add(handle, session, private, private_key);

	if (rv != CKR_OK) {
		object_free(public);
		return rv;
	}
	rv = object_add(handle, session, public, public_key);
	if (rv != CKR_OK)
		soft_DestroyObject(handle, *private_key);
	return rv;
}

CK_RV soft_GenerateKeyPair(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_template,
			   CK_ULONG public_count, CK_ATTRIBUTE *private_template, CK_ULONG private_count,
			   CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	const struct mechanism *row = mechanism ? mechanism_find(mechanism->mechanism, CKF_GENERATE_KEY_PAIR) : NULL;
	struct object *public, *private;
	struct session *session;
	EVP_PKEY *key = NULL;
	CK_RV rv = session_get_writable(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!row)
		return CKR_MECHANISM_INVALID;
	public = object_new();
	private = object_new();
	attributes_take(public, public_template, public_count);
	attributes_take(private, private_template, private_count);
	rv = generate(row, public, &key);
	if (rv == CKR_OK) {
		set_common(public, CKO_PUBLIC_KEY, row);
		set_common(private, CKO_PRIVATE_KEY, row);
		if (!set_public(public, key) || !set_private(private, public, key))
			rv = CKR_FUNCTION_FAILED;
	}
	EVP_PKEY_free(key);
	if (rv == CKR_OK)
		return write_pair(handle, session, public, private, public_key, private_key);
	object_free(public);
	object_free(private);
	return rv;
}
