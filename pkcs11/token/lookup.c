/* Looking things up in an inventory. */
#include <string.h>

#include "token/inventory.h"

struct kh_object *kh_inventory_certificate(struct kh_inventory *inventory, const char *id)
{
	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_certificate *certificate = inventory->objects[i].certificate;

		if (certificate && strcmp(certificate->id, id) == 0)
			return &inventory->objects[i];
	}
	return NULL;
}

struct kh_object *kh_inventory_by_id(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const void *id,
				     size_t length)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class == class && !object->torn && object->id.length == length && length > 0 &&
		    memcmp(object->id.data, id, length) == 0)
			return object;
	}
	return NULL;
}

struct kh_object *kh_inventory_key(struct kh_inventory *inventory, CK_OBJECT_CLASS class,
				   const struct kh_object *certificate)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class != class || object->torn || object->id.length == 0 ||
		    object->id.length != certificate->id.length ||
		    memcmp(object->id.data, certificate->id.data, object->id.length) != 0)
			continue;
		if (!object->spki_id[0] || strcmp(object->spki_id, certificate->certificate->spki_id) == 0)
			return object;
	}
	return NULL;
}
