/* Reading, changing and finding objects. */
#include <stdlib.h>
#include <string.h>

#include "softkey.h"

/* What a private or secret key keeps to itself. */
static bool is_sensitive(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	CK_OBJECT_CLASS class = attribute_number(object, CKA_CLASS);

	if (class != CKO_PRIVATE_KEY && class != CKO_SECRET_KEY)
		return false;
	return type == CKA_VALUE || type == CKA_PRIVATE_EXPONENT || (type >= CKA_PRIME_1 && type <= CKA_COEFFICIENT);
}

static CK_RV read_attribute(const struct object *object, CK_ATTRIBUTE *wanted)
{
	const struct attribute *attribute = attribute_get(object, wanted->type);
	size_t room = wanted->ulValueLen;
	const unsigned char *value;
	struct shown shown;
	size_t length;

	wanted->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	if (is_sensitive(object, wanted->type))
		return CKR_ATTRIBUTE_SENSITIVE;
	if (!attribute || attribute->type == ATTRIBUTE_SECRET || show_hides(object, wanted->type))
		return CKR_ATTRIBUTE_TYPE_INVALID;
	value = show_attribute(object, attribute, &shown) ? shown.value : attribute->value;
	length = value == shown.value ? shown.length : attribute->length;
	if (wanted->pValue) {
		if (room < length)
			return CKR_BUFFER_TOO_SMALL;
		memcpy(wanted->pValue, value, length);
	}
	wanted->ulValueLen = length;
	return CKR_OK;
}

CK_RV soft_GetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct session *session;
	struct object *object;
	CK_RV rv = object_open(handle, which, &session, &object);

	if (rv != CKR_OK)
		return rv;
	if (object->unreadable)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	for (CK_ULONG i = 0; i < count; i++) {
		CK_RV one = read_attribute(object, &template[i]);

		if (one != CKR_OK)
			rv = one;
	}
	return rv;
}

CK_RV soft_SetAttributeValue(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct session *session;
	struct object *object;
	CK_RV rv = object_open_writable(handle, which, &session, &object);

	if (rv != CKR_OK)
		return rv;
	if (attribute_get(object, CKA_MODIFIABLE) && !attribute_flag(object, CKA_MODIFIABLE))
		return CKR_ACTION_PROHIBITED;
	for (CK_ULONG i = 0; i < count; i++)
		if (template[i].type != CKA_LABEL && template[i].type != CKA_ID && template[i].type != CKA_SUBJECT)
			return CKR_ATTRIBUTE_READ_ONLY;
	attributes_take(object, template, count);
	rv = object->file[0] ? object_write(object) : CKR_OK;
	object->stamp = 0; /* read again: a failed write leaves the old state */
	return rv;
}

CK_RV soft_FindObjectsInit(CK_SESSION_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);
	size_t total = 0;

	if (rv != CKR_OK)
		return rv;
	if (session->finding)
		return CKR_OPERATION_ACTIVE;
	objects_load(session->slot);
	for (const struct object *object = object_next(session, NULL); object; object = object_next(session, object))
		total++;
	session->found = malloc((total + 1) * sizeof *session->found);
	if (!session->found)
		return CKR_HOST_MEMORY;
	session->found_count = session->found_at = 0;
	for (const struct object *object = object_next(session, NULL); object; object = object_next(session, object))
		if (attributes_match(object, template, count))
			session->found[session->found_count++] = object->handle;
	session->finding = true;
	return CKR_OK;
}

CK_RV soft_FindObjects(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *out, CK_ULONG room, CK_ULONG *count)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!session->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	for (*count = 0; *count < room && session->found_at < session->found_count; ++*count)
		out[*count] = session->found[session->found_at++];
	return CKR_OK;
}

CK_RV soft_FindObjectsFinal(CK_SESSION_HANDLE handle)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!session->finding)
		return CKR_OPERATION_NOT_INITIALIZED;
	free(session->found);
	session->found = NULL;
	session->finding = false;
	return CKR_OK;
}
