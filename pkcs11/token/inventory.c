/* What is on a token, read once for each handle. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "token/inventory.h"
#include "token/token.h"

#define FIND_STEP 256

void kh_inventory_clear(struct kh_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		kh_object_finish(&inventory->objects[i]);
	free(inventory->objects);
	free(inventory->handles);
	*inventory = (struct kh_inventory){.read = false};
}

static int compare_handles(const void *a, const void *b)
{
	CK_OBJECT_HANDLE left = *(const CK_OBJECT_HANDLE *)a;
	CK_OBJECT_HANDLE right = *(const CK_OBJECT_HANDLE *)b;

	return left < right ? -1 : left > right;
}

/* Sorts and leaves out what a module shows twice; returns how many are left. */
static size_t put_in_order(CK_OBJECT_HANDLE *handles, size_t count)
{
	size_t left = count > 0;

	if (count > 1)
		qsort(handles, count, sizeof(*handles), compare_handles);
	for (size_t i = 1; i < count; i++) {
		if (handles[i] != handles[i - 1])
			handles[left++] = handles[i];
	}
	return left;
}

/* Every handle that fits the template, sorted. */
static CK_RV find(struct kh_token *token, CK_ATTRIBUTE *template, CK_ULONG attributes, CK_OBJECT_HANDLE **out,
		  size_t *out_count)
{
	KH_AUTO_FREE CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_ULONG got = 0;
	bool started;
	CK_RV rv;

	rv = KH_CALL(token->module, C_FindObjectsInit, token->session, template, attributes);
	started = rv == CKR_OK;
	while (rv == CKR_OK) {
		CK_OBJECT_HANDLE *more = realloc(handles, (count + FIND_STEP) * sizeof(*handles));

		if (!more) {
			rv = CKR_HOST_MEMORY;
			break;
		}
		handles = more;
		rv = KH_CALL(token->module, C_FindObjects, token->session, handles + count, FIND_STEP, &got);
		count += rv == CKR_OK ? got : 0;
		if (got < FIND_STEP || count >= KH_OBJECTS_MAX)
			break;
	}
	if (started)
		(void)KH_CALL(token->module, C_FindObjectsFinal, token->session);
	if (rv != CKR_OK)
		return rv;
	*out_count = put_in_order(handles, count);
	*out = kh_steal(&handles);
	return CKR_OK;
}

struct kh_object *kh_inventory_by_handle(struct kh_inventory *inventory, CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (inventory->objects[i].handle == handle)
			return &inventory->objects[i];
	}
	return NULL;
}

static enum kh_code append(struct kh_inventory *inventory, struct kh_object *object, struct kh_error *error)
{
	struct kh_object *more = realloc(inventory->objects, (inventory->count + 1) * sizeof(*more));

	if (!more) {
		kh_object_finish(object);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	inventory->objects = more;
	more[inventory->count++] = *object;
	return KH_OK;
}

/* Moves an object that is known over from old, reads another one. What could
 * not be read may be now. */
static enum kh_code take_object(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_inventory *old,
				struct kh_inventory *into, struct kh_error *error)
{
	struct kh_object *known = kh_inventory_by_handle(old, handle);
	struct kh_object object;
	CK_RV rv;

	if (known && !known->torn) {
		object = *known;
		*known = (struct kh_object){0};
		return append(into, &object, error);
	}
	rv = kh_object_take(token, handle, !known, &object);
	/* What is not there for a moment only must not pass for lost. */
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		rv = kh_object_take(token, handle, !known, &object);
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return KH_OK; /* deleted meanwhile */
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return object.handle ? append(into, &object, error) : KH_OK;
}

/* Where nothing can be read it is the token that fails. */
static bool is_readable(const struct kh_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (inventory->objects[i].class != CK_UNAVAILABLE_INFORMATION)
			return true;
	}
	return inventory->count < 2;
}

/* One search, and one or two reads for each new object: a search by class costs as much as all the reads. */
static enum kh_code read_again(struct kh_token *token, CK_OBJECT_HANDLE **handles, size_t count, kh_object_told told,
			       void *context, struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_inventory fresh = {.revision = ++token->module->revisions, .read = true};
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < count && code == KH_OK; i++) {
		size_t before = fresh.count;

		code = take_object(token, (*handles)[i], inventory, &fresh, error);
		if (told && fresh.count > before)
			code = told(context, &fresh.objects[before], error);
	}
	kh_inventory_clear(inventory);
	if (code == KH_OK && !is_readable(&fresh))
		code = kh_fail_call(error, KH_TOKEN_FAILED, "C_GetAttributeValue", "CKA_CLASS");
	if (code != KH_OK) {
		kh_inventory_clear(&fresh);
		return code;
	}
	fresh.handles = kh_steal(handles);
	fresh.handles_count = count;
	*inventory = fresh;
	return KH_OK;
}

enum kh_code kh_inventory_follow(struct kh_token *token, kh_object_told told, void *context, struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	KH_AUTO_FREE CK_OBJECT_HANDLE *handles = NULL;
	enum kh_code code;
	size_t count = 0;
	CK_RV rv;

	code = kh_token_open(token, error);
	if (code != KH_OK)
		return code;
	rv = find(token, NULL, 0, &handles, &count);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	/* SoftHSM shows a token whose folder is gone as an empty one. */
	if (count == 0 && (code = kh_token_read_info(token, error)) != KH_OK)
		return code;
	if (inventory->read && count == inventory->handles_count &&
	    (count == 0 || memcmp(handles, inventory->handles, count * sizeof(*handles)) == 0))
		return KH_OK;
	return read_again(token, &handles, count, told, context, error);
}

enum kh_code kh_inventory_refresh(struct kh_token *token, struct kh_error *error)
{
	return kh_inventory_follow(token, NULL, NULL, error);
}

static enum kh_code note_handle(struct kh_inventory *inventory, CK_OBJECT_HANDLE handle, struct kh_error *error)
{
	CK_OBJECT_HANDLE *more = realloc(inventory->handles, (inventory->handles_count + 1) * sizeof(*more));

	if (!more)
		return kh_fail(error, KH_AGENT_FAILED);
	inventory->handles = more;
	more[inventory->handles_count++] = handle;
	qsort(more, inventory->handles_count, sizeof(*more), compare_handles);
	return KH_OK;
}

enum kh_code kh_inventory_add(struct kh_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class,
			      struct kh_object **out, struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_object object;
	enum kh_code code;
	CK_RV rv = kh_object_take(token, handle, true, &object);

	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	if (object.class != class) {
		kh_object_finish(&object);
		return kh_fail_call(error, KH_TOKEN_FAILED, "C_GetAttributeValue", "CKA_CLASS");
	}
	code = append(inventory, &object, error);
	if (code == KH_OK)
		code = note_handle(inventory, handle, error);
	if (code != KH_OK)
		return code;
	inventory->revision = ++token->module->revisions;
	if (out)
		*out = &inventory->objects[inventory->count - 1];
	return KH_OK;
}

static void forget(struct kh_token *token, CK_OBJECT_HANDLE handle)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_object *object = kh_inventory_by_handle(inventory, handle);

	if (object) {
		kh_object_finish(object);
		*object = inventory->objects[--inventory->count];
	}
	for (size_t i = 0; i < inventory->handles_count; i++) {
		if (inventory->handles[i] != handle)
			continue;
		inventory->handles_count--;
		memmove(&inventory->handles[i], &inventory->handles[i + 1],
			(inventory->handles_count - i) * sizeof(handle));
		break;
	}
	inventory->revision = ++token->module->revisions;
}

enum kh_code kh_inventory_again(struct kh_token *token, struct kh_object *object, struct kh_error *error)
{
	struct kh_object fresh;
	CK_RV rv = kh_object_take(token, object->handle, false, &fresh);

	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	if (!fresh.handle)
		return KH_OK;
	kh_object_finish(object);
	*object = fresh;
	token->inventory.revision = ++token->module->revisions;
	return KH_OK;
}

void kh_inventory_hide_private(struct kh_token *token)
{
	struct kh_inventory *inventory = &token->inventory;

	for (size_t i = inventory->count; i > 0; i--) {
		if (inventory->objects[i - 1].class == CKO_PRIVATE_KEY)
			forget(token, inventory->objects[i - 1].handle);
	}
}

enum kh_code kh_inventory_destroy(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_error *error)
{
	CK_RV rv = KH_CALL(token->module, C_DestroyObject, token->session, handle);

	/* OpenSC drops a public key with its certificate. */
	if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
		return kh_module_fail(token->module, rv, error);
	forget(token, handle);
	return KH_OK;
}
