/* C_CreateObject: what a template must have, and what it may leave out. */
#include "softkey.h"

/* The attributes without which an object of a class makes no sense. */
static const struct {
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE_TYPE needed[3];
	size_t count;
} classes[] = {
	{CKO_CERTIFICATE, {CKA_CERTIFICATE_TYPE, CKA_SUBJECT, CKA_VALUE}, 3},
	{CKO_PUBLIC_KEY, {CKA_KEY_TYPE}, 1},
	{CKO_PRIVATE_KEY, {CKA_KEY_TYPE}, 1},
	{CKO_SECRET_KEY, {CKA_KEY_TYPE, CKA_VALUE}, 2},
	{CKO_DATA, {0}, 0},
};

static CK_RV check_class(const struct object *object)
{
	CK_OBJECT_CLASS class = attribute_number(object, CKA_CLASS);

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
		if (classes[i].class != class)
			continue;
		for (size_t k = 0; k < classes[i].count; k++)
			if (!attribute_get(object, classes[i].needed[k]))
				return CKR_TEMPLATE_INCOMPLETE;
		return CKR_OK;
	}
	return CKR_ATTRIBUTE_VALUE_INVALID;
}

static bool is_secret_length(const struct object *object)
{
	size_t length = attribute_get(object, CKA_VALUE)->length;
	CK_KEY_TYPE type = attribute_number(object, CKA_KEY_TYPE);

	if (type == CKK_AES)
		return length == 16 || length == 24 || length == 32;
	return type == vendor->sm4 && length == 16;
}

static CK_RV set_key_defaults(struct object *object)
{
	CK_BBOOL yes = CK_TRUE;
	EVP_PKEY *key;

	if (attribute_number(object, CKA_CLASS) == CKO_SECRET_KEY) {
		CK_ULONG length = attribute_get(object, CKA_VALUE)->length;

		attribute_set(object, CKA_VALUE_LEN, &length, sizeof length);
		attribute_set_default(object, CKA_SENSITIVE, &yes, 1);
		attribute_set_default(object, CKA_UNWRAP, &yes, 1);
		return is_secret_length(object) ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	}
	if (attribute_number(object, CKA_CLASS) == CKO_PRIVATE_KEY) {
		key_set_private_defaults(object);
		return attribute_get(object, ATTRIBUTE_SECRET) || key_import(object) ? CKR_OK
										     : CKR_ATTRIBUTE_VALUE_INVALID;
	}
	attribute_set_default(object, CKA_VERIFY, &yes, 1);
	key = key_of(object);
	EVP_PKEY_free(key);
	return key ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

CK_RV object_complete(struct object *object)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_CLASS class = attribute_number(object, CKA_CLASS);
	CK_RV rv = check_class(object);

	if (rv != CKR_OK)
		return rv;
	attribute_set_default(object, CKA_TOKEN, &no, 1);
	attribute_set_default(object, CKA_MODIFIABLE, &yes, 1);
	attribute_set_default(object, CKA_LABEL, "", 0);
	attribute_set_default(object, CKA_PRIVATE, class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY ? &yes : &no, 1);
	if (class == CKO_DATA)
		return CKR_OK;
	attribute_set_default(object, CKA_ID, "", 0);
	if (class != CKO_CERTIFICATE)
		return set_key_defaults(object);
	attribute_set_default(object, CKA_ISSUER, "", 0);
	attribute_set_default(object, CKA_SERIAL_NUMBER, "", 0);
	return CKR_OK;
}

CK_RV soft_CreateObject(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *out)
{
	struct object *object = object_new();
	struct session *session;
	CK_RV rv;

	attributes_take(object, template, count);
	attribute_drop(object, ATTRIBUTE_SECRET);
	rv = attribute_flag(object, CKA_TOKEN) ? session_get_writable(handle, &session) : session_get(handle, &session);
	if (rv == CKR_OK)
		rv = out ? object_complete(object) : CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK)
		return object_add(handle, session, object, out);
	object_free(object);
	return rv;
}
