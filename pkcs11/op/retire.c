/* pair.retire: the new pair gets its final labels, the old one goes. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "host.h"
#include "key/key.h"
#include "log.h"
#include "op/encryption.h"
#include "op/order.h"
#include "op/pair.h"
#include "op/stray.h"
#include "x509/name.h"

/* How many objects of a class carry this CKA_ID. */
static size_t count_by_id(const struct kh_inventory *inventory, CK_OBJECT_CLASS class, const struct kh_bytes *id)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_object *object = &inventory->objects[i];

		count += object->class == class && object->id.length == id->length && id->length > 0 &&
			 memcmp(object->id.data, id->data, id->length) == 0;
	}
	return count;
}

/* The keys go only when nothing else may need them and there is no doubt which
 * they are. */
static bool owns_keys(const struct kh_inventory *inventory, const struct kh_object *old)
{
	return count_by_id(inventory, CKO_CERTIFICATE, &old->id) == 1 &&
	       count_by_id(inventory, CKO_PRIVATE_KEY, &old->id) <= 1 &&
	       count_by_id(inventory, CKO_PUBLIC_KEY, &old->id) <= 1;
}

/* The certificate says that its key also deciphers, and the key can: old files
 * need it. */
static bool deciphers(const struct kh_certificate *certificate)
{
	switch (certificate->key_type) {
	case KH_ANY_KEY_TYPE_EC_P256:
	case KH_ANY_KEY_TYPE_EC_P384:
		return (certificate->usage_bits & KH_USAGE_AGREES) != 0;
	case KH_ANY_KEY_TYPE_ED25519:
		return false;
	case KH_ANY_KEY_TYPE_NONE:
	case KH_ANY_KEY_TYPE_RSA2048:
	case KH_ANY_KEY_TYPE_RSA3072:
	case KH_ANY_KEY_TYPE_RSA4096:
	case KH_ANY_KEY_TYPE_SM2:
	case KH_ANY_KEY_TYPE_OTHER:
		break;
	}
	return (certificate->usage_bits & KH_USAGE_ENCRYPTS) != 0;
}

static bool may_retire(const struct kh_object *old, const struct kh_object *new)
{
	return old != new && old->certificate->usage != KH_USAGE_ENCRYPT && !deciphers(old->certificate) &&
	       !old->certificate->ca &&kh_name_same(old->certificate->subject, new->certificate->subject);
}

/* What the token never gives up is no reason to leave the order open. */
static enum kh_code destroy(struct kh_token *token, const struct kh_object *object, struct kh_error *error)
{
	enum kh_code code = object ? kh_inventory_destroy(token, object->handle, error) : KH_OK;

	if (code != KH_TOKEN_UNSUPPORTED)
		return code;
	kh_log(KH_LOG_WARNING, "the token keeps an object of the old pair");
	return KH_OK;
}

static enum kh_code destroy_key(struct kh_token *token, CK_OBJECT_CLASS class, const char *old_id,
				struct kh_error *error)
{
	struct kh_object *old = kh_inventory_certificate(&token->inventory, old_id);

	return destroy(token, old ? kh_inventory_key(&token->inventory, class, old) : NULL, error);
}

/* The certificate last: it is how a second attempt finds the rest. */
static enum kh_code destroy_pair(struct kh_token *token, const char *id, bool keys, struct kh_error *error)
{
	enum kh_code code = KH_OK;

	if (keys)
		code = destroy_key(token, CKO_PRIVATE_KEY, id, error);
	if (keys && code == KH_OK)
		code = destroy_key(token, CKO_PUBLIC_KEY, id, error);
	return code == KH_OK ? destroy(token, kh_inventory_certificate(&token->inventory, id), error) : code;
}

/* The certificate to take off, NULL for none. Once the labels are set nobody
 * guesses any more: what is left then may be another seat's. */
static struct kh_object *choose_old(struct kh_token *token, const struct kh_host_pair_retire_params *params,
				    const struct kh_object *new)
{
	struct kh_object *old = NULL;

	if (params->retire == KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_NOTHING)
		return NULL;
	if (params->old_certificate)
		old = kh_inventory_certificate(&token->inventory, params->old_certificate);
	else if (kh_order_is_pending(new))
		old = kh_order_old_certificate(token, new);
	return old && may_retire(old, new) ? old : NULL;
}

static enum kh_code retire(struct kh_token *token, const struct kh_host_pair_retire_params *params,
			   struct kh_object *old, struct kh_host_pair_retire_result *result, struct kh_error *error)
{
	enum kh_code code;
	char *id;
	bool keys;

	keys = params->retire == KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_PAIR && owns_keys(&token->inventory, old);
	result->retired = calloc(1, sizeof(*result->retired));
	id = strdup(old->certificate->id);
	if (!result->retired || !id) {
		free(id);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	result->retired[0] = id;
	result->retired_count = 1;
	code = destroy_pair(token, id, keys, error);
	if (code == KH_OK && kh_inventory_certificate(&token->inventory, id)) {
		result->retired_count = 0;
		free(id);
	}
	return code;
}

/* Those of the order's own keys and of its encryption pair: with key "same" the
 * only private key is not written again. */
static enum kh_code label_keys(struct kh_token *token, const struct kh_host_pair_retire_params *params,
			       const struct kh_object *new, struct kh_error *error)
{
	KH_AUTO_FREE char *label = kh_certificate_common_name(new->certificate);
	struct kh_order_objects objects;
	enum kh_code code = KH_OK;

	if (!label)
		return kh_fail(error, KH_AGENT_FAILED);
	kh_order_find(token, params->order, &objects);
	if (objects.encryption.certificate)
		code = kh_pair_label(token, objects.encryption.certificate, error);
	if (code == KH_OK)
		code = kh_pair_set_label(token, objects.private_key, label, error);
	return code == KH_OK ? kh_pair_set_label(token, objects.public_key, label, error) : code;
}

/* It says that all is done. */
static enum kh_code label_certificate(struct kh_token *token, const struct kh_host_pair_retire_params *params,
				      struct kh_error *error)
{
	struct kh_object *new = kh_inventory_certificate(&token->inventory, params->certificate);
	KH_AUTO_FREE char *label = new ? kh_certificate_common_name(new->certificate) : NULL;

	return label ? kh_pair_set_label(token, new, label, error) : kh_fail(error, KH_AGENT_FAILED);
}

/* Whether the certificate is the order's own. */
static bool belongs(struct kh_token *token, const char *order, const struct kh_object *certificate)
{
	struct kh_order_objects objects;

	kh_order_find(token, order, &objects);
	return objects.certificate == certificate || strcmp(certificate->label, objects.mark.label) == 0;
}

/* Some modules tear an object whose label they write when they are cut: the new
 * key has to sign once more before the old pair goes. The certificate's label
 * comes last; but a cut must never let a later call without oldCertificate guess
 * wrong: where another certificate could be taken for the old one, it comes
 * before. */
static enum kh_code finish(struct kh_token *token, const struct kh_host_pair_retire_params *params,
			   struct kh_object *new, const struct kh_object *key,
			   struct kh_host_pair_retire_result *result, struct kh_error *error)
{
	struct kh_object *old = choose_old(token, params, new);
	bool sure = old && kh_order_old_certificate(token, new) == old;
	enum kh_code code = kh_encryption_prove(token, params->order, error);

	if (code == KH_OK)
		code = label_keys(token, params, new, error);
	if (code == KH_OK && old && !sure)
		code = label_certificate(token, params, error);
	if (code == KH_OK && old)
		code = kh_pair_prove(token, new, key, error);
	if (code == KH_OK && old)
		code = retire(token, params, old, result, error);
	return code == KH_OK ? label_certificate(token, params, error) : code;
}

/* It went since, as by a label that was half written. Without it nothing but a
 * login tells that the certificate has a key; where it cannot be, that has to do. */
static void write_public(struct kh_token *token, const struct kh_host_pair_retire_params *params)
{
	const struct kh_object *certificate;
	struct kh_order_objects objects;
	struct kh_object *key;
	struct kh_bytes spki;

	kh_order_find(token, params->order, &objects);
	certificate = objects.certificate;
	if (!certificate || !objects.private_key || objects.public_key ||
	    strcmp(certificate->certificate->id, params->certificate) != 0)
		return;
	spki = (struct kh_bytes){(uint8_t *)(uintptr_t)certificate->certificate->spki.data,
				 certificate->certificate->spki.length};
	if (kh_key_write_public(token, &spki, &objects.mark, &key, NULL) != KH_OK)
		kh_log(KH_LOG_WARNING, "order %s: its public key cannot be written again", params->order);
}

enum kh_code kh_op_pair_retire(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_pair_retire_params *params = in;
	struct kh_token *token;
	struct kh_object *new = NULL;
	struct kh_object *key = NULL;
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_inventory_refresh(token, error);
	if (code == KH_OK)
		code = kh_stray_clean(token, params->certificate, error);
	if (code == KH_OK)
		code = kh_order_clean(token, params->order, error);
	if (code == KH_OK)
		write_public(token, params);
	if (code == KH_OK)
		code = kh_pair_find(token, params->certificate, &new, &key, error);
	if (code == KH_OK && strcmp(host->proved, params->certificate) != 0)
		code = kh_pair_prove(token, new, key, error);
	/* With key "same" a finished order leaves no mark: nothing is left to do. */
	if (code != KH_OK || !belongs(token, params->order, new))
		return code;
	return finish(token, params, new, key, out, error);
}
