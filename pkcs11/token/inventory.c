/* What is on a token, read once for each handle. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "token/inventory.h"
#include "token/search.h"
#include "token/token.h"

void kh_inventory_clear(struct kh_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++)
		kh_object_finish(&inventory->objects[i]);
	free(inventory->objects);
	free(inventory->handles);
	*inventory = (struct kh_inventory){.read = false};
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

/* One or two reads for each new object. */
static enum kh_code read_again(struct kh_token *token, struct kh_handles *handles, kh_object_told told, void *context,
			       struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_inventory fresh = {.revision = ++token->module->revisions, .read = true};
	enum kh_code code = KH_OK;

	for (size_t i = 0; i < handles->count && code == KH_OK; i++) {
		size_t before = fresh.count;

		code = take_object(token, handles->list[i], inventory, &fresh, error);
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
	fresh.handles = kh_steal(&handles->list);
	fresh.handles_count = handles->count;
	*inventory = fresh;
	return KH_OK;
}

static bool has_private_key(const struct kh_inventory *inventory)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (inventory->objects[i].class == CKO_PRIVATE_KEY)
			return true;
	}
	return false;
}

static bool is_same_set(const struct kh_inventory *inventory, const struct kh_handles *handles)
{
	return inventory->read && handles->count == inventory->handles_count &&
	       (handles->count == 0 ||
		memcmp(handles->list, inventory->handles, handles->count * sizeof(*handles->list)) == 0);
}

/* The inventory is what a search without a class shows after a login. */
static enum kh_code learn(struct kh_token *token, struct kh_error *error)
{
	KH_AUTO(kh_handles_finish) struct kh_handles handles = {NULL, 0};
	CK_RV rv;

	if (has_private_key(&token->inventory)) {
		token->private_search = KH_PRIVATE_SHOWN;
		return KH_OK;
	}
	if (!kh_handles_add(&handles, token->inventory.handles, token->inventory.handles_count))
		return kh_fail(error, KH_AGENT_FAILED);
	rv = kh_search_hidden(token, &handles);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return token->private_search == KH_PRIVATE_BY_CLASS ? read_again(token, &handles, NULL, NULL, error) : KH_OK;
}

static enum kh_code tell(const struct kh_inventory *inventory, kh_object_told told, void *context,
			 struct kh_error *error)
{
	enum kh_code code = KH_OK;

	for (size_t i = 0; told && i < inventory->count && code == KH_OK; i++)
		code = told(context, &inventory->objects[i], error);
	return code;
}

/* After another program's logout private objects are hidden: they must not pass for
 * lost. */
static void check_lease(struct kh_token *token)
{
	if (token->lease.active && !has_private_key(&token->inventory) &&
	    kh_token_ask_login(token) == CKR_USER_NOT_LOGGED_IN)
		kh_token_forget_login(token);
}

enum kh_code kh_inventory_follow(struct kh_token *token, kh_object_told told, void *context, struct kh_error *error)
{
	const struct kh_inventory *inventory = &token->inventory;
	KH_AUTO(kh_handles_finish) struct kh_handles handles = {NULL, 0};
	uint64_t revision = inventory->revision;
	bool learns = token->lease.active && token->private_search == KH_PRIVATE_UNKNOWN;
	enum kh_code code;
	CK_RV rv;

	code = kh_token_open(token, error);
	if (code != KH_OK)
		return code;
	rv = kh_search(token, &handles);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	/* SoftHSM shows a token whose folder is gone as an empty one. */
	if (handles.count == 0 && (code = kh_token_read_info(token, error)) != KH_OK)
		return code;
	if (!is_same_set(inventory, &handles))
		code = read_again(token, &handles, learns ? NULL : told, context, error);
	if (code == KH_OK && learns) {
		code = learn(token, error);
		if (code == KH_OK && inventory->revision != revision)
			code = tell(inventory, told, context, error);
	}
	if (code == KH_OK)
		check_lease(token);
	token->inventory.fresh = code == KH_OK;
	return code;
}

enum kh_code kh_inventory_refresh(struct kh_token *token, struct kh_error *error)
{
	return kh_inventory_follow(token, NULL, NULL, error);
}

enum kh_code kh_inventory_ensure(struct kh_token *token, struct kh_error *error)
{
	return token->inventory.fresh ? KH_OK : kh_inventory_refresh(token, error);
}

static enum kh_code note_handle(struct kh_inventory *inventory, CK_OBJECT_HANDLE handle, struct kh_error *error)
{
	struct kh_handles handles = {inventory->handles, inventory->handles_count};
	bool noted = kh_handles_add(&handles, &handle, 1);

	inventory->handles = handles.list;
	inventory->handles_count = handles.count;
	return noted ? KH_OK : kh_fail(error, KH_AGENT_FAILED);
}

enum kh_code kh_inventory_add(struct kh_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class,
			      struct kh_object **out, struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_object object;
	enum kh_code code;
	CK_RV rv;

	if (class == CKO_CERTIFICATE)
		rv = kh_object_take_certificate(token, handle, &object);
	else
		rv = kh_object_take(token, handle, true, &object);
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

	inventory->fresh = false;
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
