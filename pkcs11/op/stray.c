/* A second pair under an order's mark. */
#include "op/stray.h"

#include <string.h>

#include "key/sign.h"
#include "log.h"
#include "op/order.h"

static bool has_mark(const struct kh_object *object, CK_OBJECT_CLASS class, const struct kh_object *certificate)
{
	return object->class == class && kh_object_has_id(object, certificate->id.data, certificate->id.length) &&
	       strcmp(object->label, certificate->label) == 0;
}

/* It is the certificate once more, or a key that tells that it is another one's. */
static bool is_other(const struct kh_object *object, const struct kh_object *certificate)
{
	if (has_mark(object, CKO_CERTIFICATE, certificate))
		return object != certificate && object->certificate &&
		       strcmp(object->certificate->id, certificate->certificate->id) == 0;
	return (has_mark(object, CKO_PUBLIC_KEY, certificate) || has_mark(object, CKO_PRIVATE_KEY, certificate)) &&
	       object->spki_id[0] && strcmp(object->spki_id, certificate->certificate->key_id) != 0;
}

static enum kh_code destroy(struct kh_token *token, const struct kh_object *object, bool *stays, struct kh_error *error)
{
	kh_log(KH_LOG_WARNING, "%s: another object with this mark goes", object->label);
	return kh_order_discard(token, object, stays, error);
}

static enum kh_code clean_told(struct kh_token *token, const char *id, struct kh_error *error)
{
	enum kh_code code = KH_OK;
	bool stays = false;
	size_t at = 0;

	while (code == KH_OK && at < token->inventory.count) {
		struct kh_object *object = &token->inventory.objects[at];

		if (is_other(object, kh_inventory_certificate(&token->inventory, id)))
			code = destroy(token, object, &stays, error);
		else
			stays = true;
		at += stays;
	}
	return code;
}

static bool signs(struct kh_token *token, const struct kh_object *key, const struct kh_object *certificate)
{
	return kh_sign_prove(&(struct kh_signer){token, key, certificate->certificate->spki}, NULL) == KH_OK;
}

/* The first private key from there on. */
static struct kh_object *next_private(struct kh_token *token, const struct kh_object *certificate, size_t from)
{
	for (size_t i = from; i < token->inventory.count; i++) {
		struct kh_object *object = &token->inventory.objects[i];

		if (has_mark(object, CKO_PRIVATE_KEY, certificate))
			return object;
	}
	return NULL;
}

static size_t place_of(const struct kh_token *token, const struct kh_object *object)
{
	return (size_t)(object - token->inventory.objects);
}

static const struct kh_object *find_signer(struct kh_token *token, const struct kh_object *certificate)
{
	const struct kh_object *key = next_private(token, certificate, 0);

	while (key && !signs(token, key, certificate))
		key = next_private(token, certificate, place_of(token, key) + 1);
	return key;
}

/* One of several that does not sign while the signer does, right then. */
static struct kh_object *find_wrong(struct kh_token *token, const struct kh_object *certificate)
{
	const struct kh_object *signer = find_signer(token, certificate);
	struct kh_object *key = signer ? next_private(token, certificate, 0) : NULL;

	while (key && (key == signer || signs(token, key, certificate) || signs(token, key, certificate)))
		key = next_private(token, certificate, place_of(token, key) + 1);
	return key && signs(token, signer, certificate) ? key : NULL;
}

static enum kh_code clean_untold(struct kh_token *token, const char *id, struct kh_error *error)
{
	enum kh_code code = KH_OK;
	bool stays = false;

	while (code == KH_OK && !stays) {
		struct kh_object *certificate = kh_inventory_certificate(&token->inventory, id);
		struct kh_object *key = next_private(token, certificate, 0);

		if (!key || !next_private(token, certificate, place_of(token, key) + 1))
			return KH_OK;
		key = find_wrong(token, certificate);
		if (!key)
			return KH_OK;
		code = destroy(token, key, &stays, error);
	}
	return code;
}

enum kh_code kh_stray_clean(struct kh_token *token, const char *certificate, struct kh_error *error)
{
	const struct kh_object *object = kh_inventory_certificate(&token->inventory, certificate);
	enum kh_code code;

	if (!object || !kh_order_is_pending(object))
		return KH_OK;
	code = clean_told(token, certificate, error);
	return code == KH_OK ? clean_untold(token, certificate, error) : code;
}
