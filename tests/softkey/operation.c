/* What sign, verify, decrypt and digest share. Updates are collected; the work is done at the end. */
#include <stdlib.h>
#include <string.h>

#include "softkey.h"

#define DATA_MAX (1024 * 1024)

void operation_end(struct operation *operation)
{
	EVP_PKEY_free(operation->key);
	free(operation->data);
	*operation = (struct operation){0};
}

CK_RV operation_start(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE which, CK_FLAGS flag,
		      CK_ATTRIBUTE_TYPE permission, size_t place)
{
	const struct mechanism *row = mechanism ? mechanism_find(mechanism->mechanism, flag) : NULL;
	struct operation *operation;
	struct session *session;
	struct object *object;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	operation = (struct operation *)(void *)((char *)session + place);
	if (operation->mechanism)
		return CKR_OPERATION_ACTIVE;
	if (!row)
		return CKR_MECHANISM_INVALID;
	if (permission) {
		object = object_get(session, which);
		if (!object)
			return CKR_KEY_HANDLE_INVALID;
		if (attribute_number(object, CKA_KEY_TYPE) != row->key_type)
			return CKR_KEY_TYPE_INCONSISTENT;
		if (!attribute_flag(object, permission))
			return CKR_KEY_FUNCTION_NOT_PERMITTED;
		operation->key = key_of(object);
		if (!operation->key)
			return CKR_GENERAL_ERROR;
	}
	operation->mechanism = row;
	operation->wants_pin = (permission == CKA_SIGN || permission == CKA_DECRYPT) && slot_always(session->slot);
	return CKR_OK;
}

CK_RV operation_ready(struct operation *operation)
{
	if (!operation->wants_pin)
		return CKR_OK;
	operation_end(operation);
	return CKR_USER_NOT_LOGGED_IN;
}

CK_RV operation_active(CK_SESSION_HANDLE handle, size_t place, struct operation **operation)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	*operation = (struct operation *)(void *)((char *)session + place);
	return (*operation)->mechanism ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV operation_update(CK_SESSION_HANDLE handle, size_t place, const CK_BYTE *in, CK_ULONG length)
{
	struct operation *operation;
	unsigned char *data;
	CK_RV rv = operation_active(handle, place, &operation);

	if (rv != CKR_OK)
		return rv;
	if (length > DATA_MAX - operation->length)
		return CKR_DATA_LEN_RANGE;
	data = realloc(operation->data, operation->length + length + 1);
	if (!data)
		return CKR_HOST_MEMORY;
	memcpy(data + operation->length, in, length);
	operation->data = data;
	operation->length += length;
	return CKR_OK;
}

CK_RV operation_digest(const struct operation *operation, const unsigned char *in, size_t length,
		       unsigned char digest[EVP_MAX_MD_SIZE], const unsigned char **out, size_t *out_length)
{
	unsigned size = EVP_MAX_MD_SIZE;

	*out = in;
	*out_length = length;
	if (!operation->mechanism->digest)
		return CKR_OK;
	if (EVP_Digest(in, length, digest, &size, EVP_get_digestbyname(operation->mechanism->digest), NULL) != 1)
		return CKR_FUNCTION_FAILED;
	*out = digest;
	*out_length = size;
	return CKR_OK;
}

CK_RV soft_DigestInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism)
{
	return operation_start(session, mechanism, 0, CKF_DIGEST, 0, PLACE(digest));
}

static CK_RV finish_digest(struct operation *operation, const unsigned char *in, size_t length, CK_BYTE *out,
			   CK_ULONG *out_length)
{
	size_t size = (size_t)EVP_MD_get_size(EVP_get_digestbyname(operation->mechanism->digest)), room = *out_length;
	unsigned char digest[EVP_MAX_MD_SIZE];
	const unsigned char *made;
	CK_RV rv;

	*out_length = size;
	if (!out)
		return CKR_OK;
	if (room < size)
		return CKR_BUFFER_TOO_SMALL;
	rv = operation_digest(operation, in ? in : digest, length, digest, &made, &size);
	if (rv == CKR_OK)
		memcpy(out, made, size);
	operation_end(operation);
	return rv;
}

CK_RV soft_Digest(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *out_length)
{
	struct operation *operation;
	CK_RV rv = operation_active(session, PLACE(digest), &operation);

	return rv == CKR_OK ? finish_digest(operation, in, in_length, out, out_length) : rv;
}

CK_RV soft_DigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length)
{
	return operation_update(session, PLACE(digest), in, length);
}

CK_RV soft_DigestFinal(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *length)
{
	struct operation *operation;
	CK_RV rv = operation_active(session, PLACE(digest), &operation);

	return rv == CKR_OK ? finish_digest(operation, operation->data, operation->length, out, length) : rv;
}
