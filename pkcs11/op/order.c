/* What an order has on a token. */
#include "op/order.h"

#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "op/old.h"
#include "x509/name.h"

bool kh_order_is_pending(const struct kh_object *object)
{
	return kh_mark_is_label(object->label);
}

static bool has_id(const struct kh_object *object, const struct kh_order_mark *mark)
{
	return kh_mark_has_id(mark, object->id.data, object->id.length);
}

static bool has_label(const struct kh_object *object, const struct kh_order_mark *mark)
{
	return strcmp(object->label, mark->label) == 0;
}

/* A pair's own token tells its public key, or nothing can be done with it. */
static bool is_useless(const struct kh_object *object)
{
	return object->torn || (object->class == CKO_PUBLIC_KEY && object->spki.length == 0);
}

static struct kh_object *find_marked(struct kh_inventory *inventory, CK_OBJECT_CLASS class,
				     const struct kh_order_mark *mark)
{
	struct kh_object *labelled = NULL;

	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class != class || is_useless(object))
			continue;
		if (has_id(object, mark))
			return object;
		if (!labelled && has_label(object, mark))
			labelled = object;
	}
	return labelled;
}

/* --- what a cut write left --- */

/* Its key has a CKA_ID, and it has none. */
static bool lacks_id(const struct kh_token *token, const struct kh_object *certificate, const struct kh_object *key)
{
	return certificate->class == CKO_CERTIFICATE && certificate->id.length == 0 && !token->drops_ids &&
	       (!key || key->id.length > 0);
}

/* A key that says less of itself than the one that was made after it. */
static bool is_outdone(const struct kh_object *object, const struct kh_object *key)
{
	return key && key != object && key->class == object->class && key->id.length > 0 && object->id.length == 0;
}

/* Of the encryption pair: without a CKA_ID where the order's own pair has its. */
static bool is_cut(const struct kh_object *object, const struct kh_order_objects *objects)
{
	const struct kh_object *key = objects->private_key ? objects->private_key : objects->public_key;

	return object->id.length == 0 && has_label(object, &objects->encryption.mark) && key &&
	       has_id(key, &objects->mark);
}

/* With a final label it is no rubbish, unless it can be written again, as the
 * issued certificate, which the hall has: what could not be read may be needed.
 * A private key whose order has a certificate may be, too. */
static bool is_rubbish(const struct kh_object *object, const struct kh_order_mark *mark, bool issued)
{
	bool again = object->class == CKO_PUBLIC_KEY || (issued && object->class == CKO_CERTIFICATE);

	return is_useless(object) &&
	       (has_label(object, mark) || (has_id(object, mark) && (!object->label[0] || again)));
}

static struct kh_object *find_rubbish(struct kh_token *token, size_t from, const struct kh_order_objects *objects)
{
	const struct kh_object *key = objects->private_key ? objects->private_key : objects->public_key;

	for (size_t i = from; i < token->inventory.count; i++) {
		struct kh_object *object = &token->inventory.objects[i];
		bool marked = has_label(object, &objects->mark);

		if (objects->certificate && object->class == CKO_PRIVATE_KEY && marked)
			continue;
		if (is_rubbish(object, &objects->mark, true) || is_rubbish(object, &objects->encryption.mark, false) ||
		    is_cut(object, objects) ||
		    (marked && (lacks_id(token, object, key) || is_outdone(object, objects->private_key) ||
				is_outdone(object, objects->public_key))))
			return object;
	}
	return NULL;
}

/* --- what is there --- */

static void set_marks(const struct kh_order *order, struct kh_order_objects *out)
{
	if (order->id) {
		kh_order_mark(&out->mark, order->id);
		kh_order_encryption_mark(&out->encryption.mark, order->id);
	} else {
		kh_order_marks_of_label(&out->mark, &out->encryption.mark, order->label);
	}
}

/* A certificate of another key has this CKA_ID. */
static bool is_claimed(const struct kh_inventory *inventory, const struct kh_object *key, const char *spki_id)
{
	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_object *object = &inventory->objects[i];

		if (object->certificate && kh_object_has_id(object, key->id.data, key->id.length) &&
		    strcmp(object->certificate->key_id, spki_id) != 0)
			return true;
	}
	return false;
}

/* Where nothing but a CKA_ID ties it, which modules give twice: it is the only one
 * with it, no other pair's certificate has it, and its label is nobody else's. */
static bool is_half(struct kh_inventory *inventory, const struct kh_object *key, const struct kh_object *of,
		    const struct kh_order_mark *mark)
{
	if (is_useless(key))
		return false;
	if (key->spki_id[0] && of->spki_id[0])
		return true;
	if (key->label[0] && strcmp(key->label, of->label) != 0 && !has_label(key, mark))
		return false;
	return kh_inventory_count(inventory, key->class, &key->id) <= 1 &&
	       !is_claimed(inventory, key, key->spki_id[0] ? key->spki_id : of->spki_id);
}

static struct kh_object *find_half(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const struct kh_object *of,
				   const struct kh_order_mark *mark)
{
	struct kh_object *found = kh_inventory_key(inventory, class, of);

	return found && is_half(inventory, found, of, mark) ? found : NULL;
}

/* Both keys of a pair by its mark; else by its public key, where that is known. */
static void find_pair(struct kh_inventory *inventory, const struct kh_order *order, struct kh_order_objects *out)
{
	struct kh_object **private_key = &out->private_key, **public_key = &out->public_key;

	*private_key = find_marked(inventory, CKO_PRIVATE_KEY, &out->mark);
	*public_key = find_marked(inventory, CKO_PUBLIC_KEY, &out->mark);
	if (!*private_key && !*public_key && order->public_key) {
		*public_key = kh_inventory_by_spki(inventory, CKO_PUBLIC_KEY, order->public_key);
		*private_key = kh_inventory_by_spki(inventory, CKO_PRIVATE_KEY, order->public_key);
	}
	if (!*private_key && *public_key)
		*private_key = find_half(inventory, CKO_PRIVATE_KEY, *public_key, &out->mark);
	if (!*public_key && *private_key)
		*public_key = find_half(inventory, CKO_PUBLIC_KEY, *private_key, &out->mark);
}

static bool is_labelled(const struct kh_object *object)
{
	return object && object->label[0];
}

static bool is_marked(const struct kh_object *object, const struct kh_order_mark *mark)
{
	return object && (has_id(object, mark) || has_label(object, mark));
}

void kh_order_keep_marked(struct kh_order_objects *objects)
{
	struct kh_object **const all[] = {&objects->private_key, &objects->public_key, &objects->certificate};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		*all[i] = is_marked(*all[i], &objects->mark) ? *all[i] : NULL;
}

/* Nothing but the page says that such a pair is the order's. */
static void drop_foreign(struct kh_token *token, const struct kh_order *order, struct kh_order_objects *out)
{
	bool marked = is_marked(out->certificate, &out->mark);

	if (is_marked(out->private_key, &out->mark) || is_marked(out->public_key, &out->mark))
		return;
	out->unmarked = !marked && (out->private_key || out->public_key || out->certificate);
	if (order->made || !(is_labelled(out->private_key) || is_labelled(out->public_key) ||
			     (!marked && is_labelled(out->certificate))))
		return;
	out->foreign = out->unmarked && kh_order_is_final(token, out);
	if (out->foreign)
		return;
	out->private_key = out->public_key = NULL;
	out->certificate = marked ? out->certificate : NULL;
	out->unmarked = false;
}

/* Its own certificate carries the mark, or is of the pair. */
static struct kh_object *find_certificate(struct kh_token *token, const struct kh_order *order,
					  const struct kh_order_objects *pair)
{
	struct kh_object *found = find_marked(&token->inventory, CKO_CERTIFICATE, &pair->mark);
	const struct kh_object *key = pair->public_key ? pair->public_key : pair->private_key;
	const char *spki_id = key && key->spki_id[0] ? key->spki_id : order->public_key;

	if (!found && spki_id)
		found = kh_inventory_by_spki(&token->inventory, CKO_CERTIFICATE, spki_id);
	return found && has_label(found, &pair->mark) && lacks_id(token, found, key) ? NULL : found;
}

/* Only by its mark: that of the years before may have the same key. */
static void find_encryption(struct kh_inventory *inventory, struct kh_order_objects *out)
{
	const struct {
		CK_OBJECT_CLASS class;
		struct kh_object **out;
	} parts[] = {
		{CKO_PRIVATE_KEY, &out->encryption.private_key},
		{CKO_PUBLIC_KEY, &out->encryption.public_key},
		{CKO_CERTIFICATE, &out->encryption.certificate},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct kh_object *found = find_marked(inventory, parts[i].class, &out->encryption.mark);

		*parts[i].out = found && is_cut(found, out) ? NULL : found;
	}
}

void kh_order_find(struct kh_token *token, const struct kh_order *order, struct kh_order_objects *out)
{
	struct kh_inventory *inventory = &token->inventory;

	*out = (struct kh_order_objects){.private_key = NULL};
	set_marks(order, out);
	find_pair(inventory, order, out);
	out->certificate = find_certificate(token, order, out);
	if (!out->public_key && out->certificate && out->private_key)
		out->public_key =
			kh_inventory_by_spki(inventory, CKO_PUBLIC_KEY, out->certificate->certificate->key_id);
	drop_foreign(token, order, out);
	find_encryption(inventory, out);
	out->rubbish = find_rubbish(token, 0, out);
}

bool kh_order_is_half(const struct kh_order_objects *objects)
{
	const struct kh_object *key = objects->private_key;

	return key && !objects->public_key && !objects->certificate && key->spki.length == 0 && key->id.length == 0;
}

/* The label that was written in the end; or, with the mark's CKA_ID, one of the
 * module's own once there is nothing left to do. */
bool kh_order_is_final(struct kh_token *token, const struct kh_order_objects *objects)
{
	const struct kh_object *certificate = objects->certificate;
	KH_AUTO_FREE char *name = NULL;

	if (!certificate || kh_order_is_pending(certificate) || !certificate->label[0])
		return false;
	name = kh_certificate_common_name(certificate->certificate);
	if (name && name[0] && strcmp(certificate->label, name) == 0)
		return true;
	return has_id(certificate, &objects->mark) && kh_old_is_none(token, certificate);
}

bool kh_order_is_completed(struct kh_token *token, const struct kh_order *order, const struct kh_order_objects *objects)
{
	const struct kh_object *old = order->old ? kh_inventory_certificate(&token->inventory, order->old) : NULL;

	return kh_order_is_final(token, objects) && (!old || old == objects->certificate);
}

enum kh_code kh_order_discard(struct kh_token *token, const struct kh_object *object, bool *stays,
			      struct kh_error *error)
{
	const CK_OBJECT_HANDLE handle = object->handle;
	struct kh_error failure = {.code = KH_OK};
	enum kh_code code = kh_inventory_destroy(token, handle, &failure);

	if (code == KH_TOKEN_FAILED)
		code = kh_inventory_destroy(token, handle, &failure);
	*stays = code != KH_OK && !kh_token_in_trouble(token, failure.native);
	if (error && code != KH_OK)
		*error = failure;
	if (*stays)
		kh_log(KH_LOG_WARNING, "the token keeps it");
	return *stays ? KH_OK : code;
}

enum kh_code kh_order_clean(struct kh_token *token, const struct kh_order *order, struct kh_error *error)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_order_objects objects;
	struct kh_object *object;
	enum kh_code code = KH_OK;
	bool stays = false;
	size_t at = 0;

	kh_order_find(token, order, &objects);
	while (code == KH_OK && (object = find_rubbish(token, at, &objects))) {
		at = (size_t)(object - inventory->objects);
		code = kh_inventory_again(token, object, error);
		kh_order_find(token, order, &objects);
		if (code != KH_OK || find_rubbish(token, at, &objects) != object) {
			at++;
			continue;
		}
		kh_log(KH_LOG_WARNING, "order %s: an object that is only half there goes", order->id);
		code = kh_order_discard(token, object, &stays, error);
		kh_order_find(token, order, &objects);
		at += stays;
	}
	return code;
}
