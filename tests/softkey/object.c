/* Objects: found, read, written, destroyed. A file for each token object. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "softkey.h"

static struct object *objects;
static CK_OBJECT_HANDLE last_handle;

struct object *object_new(void)
{
	struct object *object = calloc(1, sizeof *object);

	if (!object)
		abort();
	return object;
}

void object_free(struct object *object)
{
	for (size_t i = 0; i < object->count; i++)
		free(object->attributes[i].value);
	free(object->attributes);
	free(object);
}

static void drop_where(bool (*wanted)(const struct object *, CK_ULONG), CK_ULONG which)
{
	struct object **at = &objects;

	while (*at) {
		struct object *object = *at;

		if (!wanted(object, which)) {
			at = &object->next;
			continue;
		}
		*at = object->next;
		object_free(object);
	}
}

static bool is_on(const struct object *object, CK_ULONG slot)
{
	return object->slot == slot;
}

static bool is_gone(const struct object *object, CK_ULONG slot)
{
	return object->slot == slot && object->file[0] && !object->seen;
}

static bool is_handle(const struct object *object, CK_ULONG handle)
{
	return object->handle == handle;
}

static bool is_of_session(const struct object *object, CK_ULONG session)
{
	return !object->file[0] && object->session == session;
}

void objects_drop(CK_SLOT_ID slot)
{
	drop_where(is_on, slot);
}

void objects_drop_session(CK_SESSION_HANDLE session)
{
	drop_where(is_of_session, session);
}

static void link_object(struct object *object)
{
	object->handle = ++last_handle;
	object->next = objects;
	objects = object;
}

static void load(void *data, const char *file, size_t bytes, int64_t stamp)
{
	CK_SLOT_ID slot = *(CK_SLOT_ID *)data;
	struct object *object = objects;
	unsigned char *text;
	size_t length;

	(void)bytes;
	while (object && (object->slot != slot || strcmp(object->file, file) != 0))
		object = object->next;
	if (object && object->stamp == stamp) {
		object->seen = true;
		return;
	}
	text = store_read(slots[slot].name, file, &length);
	if (!text)
		return;
	if (!object) {
		object = object_new();
		object->slot = slot;
		snprintf(object->file, sizeof object->file, "%s", file);
		link_object(object);
	}
	object->seen = attributes_unpack(object, text, length);
	object->unreadable = length > 0 && object->count == 0;
	object->stamp = stamp;
	free(text);
}

void objects_load(CK_SLOT_ID slot)
{
	for (struct object *object = objects; object; object = object->next)
		object->seen = false;
	store_each(slots[slot].name, load, &slot);
	drop_where(is_gone, slot);
}

static bool is_visible(const struct session *session, const struct object *object)
{
	return object->slot == session->slot && (!attribute_flag(object, CKA_PRIVATE) || session_sees_private(session));
}

struct object *object_get(const struct session *session, CK_OBJECT_HANDLE handle)
{
	struct object *object = object_next(session, NULL);

	while (object && object->handle != handle)
		object = object_next(session, object);
	return object;
}

CK_RV object_open(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, struct session **session, struct object **object)
{
	CK_RV rv = session_get(handle, session);

	if (rv != CKR_OK)
		return rv;
	*object = object_get(*session, which);
	return *object ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV object_open_writable(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, struct session **session,
			   struct object **object)
{
	CK_RV rv = object_open(handle, which, session, object);

	return rv == CKR_OK && (*object)->file[0] ? session_get_writable(handle, session) : rv;
}

void object_drop(CK_OBJECT_HANDLE handle)
{
	drop_where(is_handle, handle);
}

struct object *object_next(const struct session *session, const struct object *object)
{
	struct object *next = object ? object->next : objects;

	while (next && !is_visible(session, next))
		next = next->next;
	return next;
}

CK_RV object_write(struct object *object)
{
	size_t length;
	void *data = attributes_pack(object, &length);
	struct token token;
	CK_RV rv = slot_token(object->slot, &token);

	if (rv == CKR_OK && token.capacity > 0 && store_used(token.name) + length > (size_t)token.capacity)
		rv = CKR_DEVICE_MEMORY;
	if (rv == CKR_OK)
		rv = store_write(token.name, object->file, data, length);
	free(data);
	return rv;
}

CK_RV object_add(CK_SESSION_HANDLE handle, const struct session *session, struct object *object, CK_OBJECT_HANDLE *out)
{
	unsigned char name[8];
	CK_RV rv = CKR_OK;

	object->slot = session->slot;
	object->session = handle;
	if (attribute_flag(object, CKA_TOKEN)) {
		if (RAND_bytes(name, sizeof name) != 1)
			rv = CKR_DEVICE_ERROR;
		for (size_t i = 0; i < sizeof name; i++)
			snprintf(object->file + 2 * i, 3, "%02x", name[i]);
		strcat(object->file, ".object");
		if (rv == CKR_OK)
			rv = object_write(object);
	}
	if (rv != CKR_OK) {
		object_free(object);
		return rv;
	}
	link_object(object);
	*out = object->handle;
	return CKR_OK;
}

CK_RV soft_DestroyObject(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which)
{
	struct session *session;
	struct object *object;
	CK_RV rv = object_open_writable(handle, which, &session, &object);

	if (rv == CKR_OK && object->file[0])
		rv = store_delete(slots[object->slot].name, object->file);
	if (rv == CKR_OK)
		object_drop(which);
	return rv;
}

CK_RV soft_GetObjectSize(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, CK_ULONG *size)
{
	struct session *session;
	struct object *object;
	CK_RV rv = object_open(handle, which, &session, &object);
	size_t length;

	if (rv == CKR_OK) {
		free(attributes_pack(object, &length));
		*size = (CK_ULONG)length;
	}
	return rv;
}
