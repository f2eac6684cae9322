/* Looking things up in an inventory. */
#include <string.h>

#include "token/inventory.h"

static bool has_key(const struct kh_inventory *inventory, const struct kh_object *certificate)
{
	return kh_inventory_count(inventory, CKO_PRIVATE_KEY, &certificate->id) > 0 ||
	       kh_inventory_count(inventory, CKO_PUBLIC_KEY, &certificate->id) > 0;
}

struct kh_object *kh_inventory_certificate(struct kh_inventory *inventory, const char *id)
{
	struct kh_object *found = NULL;

	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (!object->certificate || strcmp(object->certificate->id, id) != 0)
			continue;
		if (has_key(inventory, object))
			return object;
		found = found ? found : object;
	}
	return found;
}

bool kh_object_has_id(const struct kh_object *object, const void *id, size_t length)
{
	return length > 0 && object->id.length == length && memcmp(object->id.data, id, length) == 0;
}

size_t kh_inventory_count(const struct kh_inventory *inventory, CK_OBJECT_CLASS class, const struct kh_bytes *id)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_object *object = &inventory->objects[i];

		count += object->class == class && kh_object_has_id(object, id->data, id->length);
	}
	return count;
}

struct kh_object *kh_inventory_by_id(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const void *id,
				     size_t length)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class == class && !object->torn && kh_object_has_id(object, id, length))
			return object;
	}
	return NULL;
}

static bool same_id(const struct kh_object *a, const struct kh_object *b)
{
	return kh_object_has_id(a, b->id.data, b->id.length);
}

/* The public key of a key or of a certificate; "" where it is not told. */
static const char *spki_of(const struct kh_object *object)
{
	return object->certificate ? object->certificate->key_id : object->spki_id;
}

static bool same_spki(const struct kh_object *a, const struct kh_object *b)
{
	return spki_of(a)[0] && strcmp(spki_of(a), spki_of(b)) == 0;
}

/* By all that both tell of their key: 2 its public key; 1 only a CKA_ID or, where
 * one of them has none, a label. */
static int kinship(const struct kh_object *a, const struct kh_object *b)
{
	if (spki_of(a)[0] && spki_of(b)[0])
		return same_spki(a, b) ? 2 : 0;
	if (a->id.length > 0 && b->id.length > 0)
		return same_id(a, b);
	return a->label[0] && strcmp(a->label, b->label) == 0;
}

bool kh_object_is_tied(const struct kh_object *a, const struct kh_object *b)
{
	return same_spki(a, b) || same_id(a, b);
}

struct kh_object *kh_inventory_key(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const struct kh_object *of)
{
	struct kh_object *found = NULL;
	int best = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];
		int score;

		if (object->class != class || object->torn)
			continue;
		/* Of several with its key the one that other programs find, too. */
		score = 2 * kinship(object, of);
		if (score > 0 && same_id(object, of))
			score++;
		if (score > best) {
			best = score;
			found = object;
		}
	}
	return found;
}

bool kh_inventory_tells(struct kh_inventory *inventory, const struct kh_object *key, const struct kh_object *public_key)
{
	if (key->spki_id[0])
		return true;
	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_object *other = &inventory->objects[i];

		if (other->handle != key->handle && other->class == CKO_PRIVATE_KEY && !other->spki_id[0] &&
		    same_id(other, public_key))
			return false;
	}
	return kh_inventory_key(inventory, CKO_PRIVATE_KEY, public_key);
}

struct kh_object *kh_inventory_by_spki(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const char *spki_id)
{
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class == class && !object->torn && strcmp(spki_of(object), spki_id) == 0)
			return object;
	}
	return NULL;
}
