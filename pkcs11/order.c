/* What an order has on a token. */
#include "order.h"

#include <string.h>

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

static struct kh_object *find_marked(struct kh_inventory *inventory, CK_OBJECT_CLASS class,
				     const struct kh_order_mark *mark)
{
	struct kh_object *object = kh_inventory_by_id(inventory, class, mark->id, sizeof(mark->id));

	return object && class == CKO_CERTIFICATE && !object->certificate ? NULL : object;
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
}

static bool is_replaced_by(const struct kh_certificate *old, const struct kh_certificate *new)
{
	return kh_span_equal(old->subject, new->subject) && kh_span_equal(old->issuer, new->issuer) &&
	       old->ends < new->ends && old->usage != KH_USAGE_ENCRYPT && !old->ca && strcmp(old->id, new->id) != 0;
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
