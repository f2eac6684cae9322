/* What an order has on a token. */
#include "op/order.h"

#include <string.h>

#include "log.h"
#include "x509/name.h"

static struct kh_object *find_labelled(struct kh_inventory *inventory, const char *label)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->certificate && strcmp(object->label, label) == 0)
			return object;
	}
	return NULL;
}

bool kh_order_is_pending(const struct kh_object *object)
{
	return strncmp(object->label, KH_MARK_PREFIX, strlen(KH_MARK_PREFIX)) == 0;
}

static bool has_id(const struct kh_object *object, const struct kh_order_mark *mark)
{
	return object->id.length == sizeof(mark->id) && memcmp(object->id.data, mark->id, sizeof(mark->id)) == 0;
}

/* A pair's own token tells its public key, or nothing can be done with it. */
static bool is_useless(const struct kh_object *object)
{
	return object->torn || object->id.length == 0 || (object->class == CKO_PUBLIC_KEY && object->spki.length == 0);
}

static struct kh_object *find_marked(struct kh_inventory *inventory, CK_OBJECT_CLASS class,
				     const struct kh_order_mark *mark)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class == class && has_id(object, mark) && !is_useless(object))
			return object;
	}
	return NULL;
}

/* With a final label it is no rubbish, unless it can be written again, as the
 * issued certificate, which the hall has: what could not be read may be needed. */
static bool is_rubbish(const struct kh_object *object, const struct kh_order_mark *mark, bool issued)
{
	bool again = object->class == CKO_PUBLIC_KEY || (issued && object->class == CKO_CERTIFICATE);
	bool labelled = strcmp(object->label, mark->label) == 0;

	return is_useless(object) && (labelled || (has_id(object, mark) && (!object->label[0] || again)));
}

static struct kh_object *find_rubbish(struct kh_inventory *inventory, size_t from,
				      const struct kh_order_objects *objects)
{
	for (size_t i = from; i < inventory->count; i++) {
		if (is_rubbish(&inventory->objects[i], &objects->mark, true) ||
		    is_rubbish(&inventory->objects[i], &objects->encryption.mark, false))
			return &inventory->objects[i];
	}
	return NULL;
}

static void find_encryption(struct kh_inventory *inventory, const char *order, struct kh_order_objects *out)
{
	kh_order_encryption_mark(&out->encryption.mark, order);
	out->encryption.private_key = find_marked(inventory, CKO_PRIVATE_KEY, &out->encryption.mark);
	out->encryption.public_key = find_marked(inventory, CKO_PUBLIC_KEY, &out->encryption.mark);
	out->encryption.certificate = find_marked(inventory, CKO_CERTIFICATE, &out->encryption.mark);
}

void kh_order_find(struct kh_token *token, const char *order, struct kh_order_objects *out)
{
	struct kh_inventory *inventory = &token->inventory;

	*out = (struct kh_order_objects){.private_key = NULL};
	kh_order_mark(&out->mark, order);
	out->private_key = find_marked(inventory, CKO_PRIVATE_KEY, &out->mark);
	out->public_key = find_marked(inventory, CKO_PUBLIC_KEY, &out->mark);
	out->certificate = find_marked(inventory, CKO_CERTIFICATE, &out->mark);
	if (!out->certificate && !out->private_key && !out->public_key)
		out->certificate = find_labelled(inventory, out->mark.label);
	find_encryption(inventory, order, out);
	out->rubbish = find_rubbish(inventory, 0, out);
}

enum kh_code kh_order_discard(struct kh_token *token, const struct kh_object *object, bool *stays,
			      struct kh_error *error)
{
	const CK_OBJECT_HANDLE handle = object->handle;
	enum kh_code code = kh_inventory_destroy(token, handle, error);

	if (code == KH_TOKEN_FAILED)
		code = kh_inventory_destroy(token, handle, error);
	*stays = code == KH_TOKEN_FAILED || code == KH_TOKEN_UNSUPPORTED;
	if (*stays)
		kh_log(KH_LOG_WARNING, "the token keeps it");
	return *stays ? KH_OK : code;
}

enum kh_code kh_order_clean(struct kh_token *token, const char *order, struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_order_objects objects;
	struct kh_object *object;
	enum kh_code code = KH_OK;
	bool stays = false;
	size_t at = 0;

	kh_order_find(token, order, &objects);
	while (code == KH_OK && (object = find_rubbish(inventory, at, &objects))) {
		at = (size_t)(object - inventory->objects);
		code = kh_inventory_again(token, object, error);
		if (code != KH_OK || find_rubbish(inventory, at, &objects) != object) {
			at++;
			continue;
		}
		kh_log(KH_LOG_WARNING, "order %s: an object that is only half there goes", order);
		code = kh_order_discard(token, object, &stays, error);
		at += stays;
	}
	return code;
}

static bool is_replaced_by(const struct kh_certificate *old, const struct kh_certificate *new)
{
	return kh_name_same(old->subject, new->subject) && kh_name_same(old->issuer, new->issuer) &&
	       old->ends < new->ends && old->usage != KH_USAGE_ENCRYPT && !old->ca &&strcmp(old->id, new->id) != 0;
}

struct kh_object *kh_order_old_certificate(struct kh_token *token, const struct kh_object *certificate)
{
	struct kh_object *found = NULL;

	for (size_t i = 0; i < token->inventory.count; i++) {
		struct kh_object *object = &token->inventory.objects[i];

		if (!object->certificate || !is_replaced_by(object->certificate, certificate->certificate))
			continue;
		if (found)
			return NULL;
		found = object;
	}
	return found;
}
