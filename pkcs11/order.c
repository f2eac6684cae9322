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

void kh_order_find(struct kh_token *token, const char *order, struct kh_order_objects *out)
{
	struct kh_inventory *inventory = &token->inventory;

	*out = (struct kh_order_objects){.private_key = NULL};
	kh_order_mark(&out->mark, order);
	out->private_key = kh_inventory_by_id(inventory, CKO_PRIVATE_KEY, out->mark.id, sizeof(out->mark.id));
	out->public_key = kh_inventory_by_id(inventory, CKO_PUBLIC_KEY, out->mark.id, sizeof(out->mark.id));
	out->certificate = kh_inventory_by_id(inventory, CKO_CERTIFICATE, out->mark.id, sizeof(out->mark.id));
	if (out->certificate && !out->certificate->certificate)
		out->certificate = NULL;
	if (!out->certificate && !out->private_key && !out->public_key)
		out->certificate = find_labelled(inventory, out->mark.label);
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
