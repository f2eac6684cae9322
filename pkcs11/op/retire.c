/* pair.retire: the new pair gets its final labels, the old one goes. */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "host.h"
#include "key/key.h"
#include "key/sign.h"
#include "log.h"
#include "op/encryption.h"
#include "op/old.h"
#include "op/order.h"
#include "op/pair.h"
#include "op/stray.h"

static size_t count_certificates_of(const struct kh_inventory *inventory, const char *spki_id)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_certificate *certificate = inventory->objects[i].certificate;

		count += certificate && strcmp(certificate->key_id, spki_id) == 0;
	}
	return count;
}

/* Whether a key is the certificate's whatever else has its CKA_ID: it tells its
 * public key, or it signs. */
static bool is_certain(struct kh_token *token, const struct kh_object *key, const struct kh_object *old)
{
	const struct kh_certificate *certificate = old->certificate;

	if (!key || strcmp(key->spki_id, certificate->key_id) == 0)
		return true;
	return key->class == CKO_PRIVATE_KEY &&
	       kh_sign_prove(&(struct kh_signer){token, key, certificate->spki}, NULL) == KH_OK;
}

/* The keys go only when nothing else may need them and there is no doubt which
 * they are. */
static bool owns_keys(struct kh_token *token, const struct kh_object *old)
{
	struct kh_inventory *inventory = &token->inventory;

	if (count_certificates_of(inventory, old->certificate->key_id) != 1)
		return false;
	if (kh_inventory_count(inventory, CKO_CERTIFICATE, &old->id) <= 1 &&
	    kh_inventory_count(inventory, CKO_PRIVATE_KEY, &old->id) <= 1 &&
	    kh_inventory_count(inventory, CKO_PUBLIC_KEY, &old->id) <= 1)
		return true;
	return is_certain(token, kh_inventory_key(inventory, CKO_PUBLIC_KEY, old), old) &&
	       is_certain(token, kh_pair_key(token, old), old);
}

/* What the token never gives up is no reason to leave the order open: kept. */
static enum kh_code destroy(struct kh_token *token, const struct kh_object *object, bool *kept, struct kh_error *error)
{
	bool stays = false;
	enum kh_code code = object ? kh_order_discard(token, object, &stays, error) : KH_OK;

	*kept = *kept || stays;
	return code;
}

/* The private key first, while public key and certificate still tell which it is;
 * the certificate last: it is how a second attempt finds the rest. */
static enum kh_code destroy_pair(struct kh_token *token, const char *id, bool keys, bool *kept, struct kh_error *error)
{
	struct kh_object *old = kh_inventory_certificate(&token->inventory, id);
	enum kh_code code = KH_OK;

	if (keys)
		code = destroy(token, kh_pair_key(token, old), kept, error);
	old = kh_inventory_certificate(&token->inventory, id);
	if (keys && code == KH_OK)
		code = destroy(token, kh_inventory_key(&token->inventory, CKO_PUBLIC_KEY, old), kept, error);
	return code == KH_OK ? destroy(token, kh_inventory_certificate(&token->inventory, id), kept, error) : code;
}

/* The certificate to take off, NULL for none. Once the labels are set nobody
 * guesses any more: what is left then may be another seat's. */
static struct kh_object *choose_old(struct kh_token *token, const struct kh_host_pair_retire_params *params,
				    const struct kh_order_objects *objects, const struct kh_object *new)
{
	struct kh_object *old = NULL;

	if (params->retire == KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_NOTHING)
		return NULL;
	if (params->old_certificate)
		old = kh_inventory_certificate(&token->inventory, params->old_certificate);
	else if (objects->certificate == new && !kh_order_is_final(token, objects))
		old = kh_old_find(token, new);
	return old && kh_old_may_go(old, new) ? old : NULL;
}

/* A module may answer from what it remembers of a key that was pulled: what stays is
 * kept by the token only if it still signs. */
static enum kh_code prove_again(struct kh_token *token, const char *id, struct kh_error *error)
{
	struct kh_object *new, *key;
	enum kh_code code = kh_pair_find(token, id, &new, &key, error);

	return code == KH_OK ? kh_pair_prove(token, new, key, error) : code;
}

static enum kh_code retire(struct kh_token *token, const struct kh_host_pair_retire_params *params,
			   struct kh_object *old, struct kh_host_pair_retire_result *result, struct kh_error *error)
{
	enum kh_code code;
	char *id;
	bool keys, kept = false;

	keys = params->retire == KH_HOST_PAIR_RETIRE_PARAMS_RETIRE_PAIR && owns_keys(token, old);
	result->retired = calloc(1, sizeof(*result->retired));
	id = strdup(old->certificate->id);
	if (!result->retired || !id) {
		free(id);
		return kh_fail(error, KH_AGENT_FAILED);
	}
	result->retired[0] = id;
	result->retired_count = 1;
	code = destroy_pair(token, id, keys, &kept, error);
	if (code == KH_OK && kept)
		code = prove_again(token, params->certificate, error);
	if (code == KH_OK && kh_inventory_certificate(&token->inventory, id)) {
		result->retired_count = 0;
		free(id);
	}
	return code;
}

/* The certificate's label, written last, says that all is done. That of a private
 * key is not written again (kh_pair_label). With key "same" the public key is not
 * the order's. */
static enum kh_code set_labels(struct kh_token *token, const struct kh_order *order, const char *id,
			       struct kh_error *error)
{
	struct kh_object *new = kh_inventory_certificate(&token->inventory, id);
	KH_AUTO_FREE char *label = new ? kh_certificate_common_name(new->certificate) : NULL;
	struct kh_order_objects objects;
	enum kh_code code = KH_OK;

	if (!label)
		return kh_fail(error, KH_AGENT_FAILED);
	kh_order_find(token, order, &objects);
	if (objects.encryption.certificate)
		code = kh_pair_label(token, objects.encryption.certificate, error);
	if (code == KH_OK)
		code = kh_pair_set_label(token, objects.public_key, label, error);
	return code == KH_OK ? kh_pair_set_label(token, new, label, error) : code;
}

/* A cut must never let a later call without oldCertificate guess wrong: where
 * another certificate could be taken for the old one, the label that ends all
 * guessing comes before the old pair goes. Else it comes after: what is not
 * completed is tried again. */
static enum kh_code finish(struct kh_token *token, const struct kh_host_pair_retire_params *params,
			   const struct kh_order *order, struct kh_object *new,
			   struct kh_host_pair_retire_result *result, struct kh_error *error)
{
	struct kh_order_objects objects;
	struct kh_object *old;
	bool sure;
	enum kh_code code = kh_encryption_prove(token, order, error);

	if (code != KH_OK)
		return code;
	kh_order_find(token, order, &objects);
	/* With key "same" a finished order leaves no mark: nothing is left to do. */
	if (objects.foreign || (objects.certificate != new &&strcmp(new->label, objects.mark.label) != 0))
		return KH_OK;
	old = choose_old(token, params, &objects, new);
	sure = old && kh_old_find(token, new) == old;
	if (old && !sure)
		code = set_labels(token, order, params->certificate, error);
	if (code == KH_OK && old)
		code = retire(token, params, old, result, error);
	return code == KH_OK ? set_labels(token, order, params->certificate, error) : code;
}

/* The public key went since. Without it nothing but a login tells that the
 * certificate has a key; where it cannot be written, that has to do. */
static void write_public(struct kh_token *token, const struct kh_order *order, const char *id)
{
	const struct kh_object *certificate;
	struct kh_order_objects objects;
	struct kh_object *key;
	struct kh_bytes spki;

	kh_order_find(token, order, &objects);
	certificate = objects.certificate;
	if (!certificate || !objects.private_key || objects.public_key || strcmp(certificate->certificate->id, id) != 0)
		return;
	spki = (struct kh_bytes){(uint8_t *)(uintptr_t)certificate->certificate->spki.data,
				 certificate->certificate->spki.length};
	if (kh_key_write_public(token, &spki, &objects.mark, &key, NULL) != KH_OK)
		kh_log(KH_LOG_WARNING, "order %s: its public key cannot be written again", order->id);
}

enum kh_code kh_op_pair_retire(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_pair_retire_params *params = in;
	const struct kh_order order = {.id = params->order, .public_key = params->public_key, .made = params->made};
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
		code = kh_order_clean(token, &order, error);
	if (code == KH_OK)
		write_public(token, &order, params->certificate);
	if (code == KH_OK)
		code = kh_pair_find(token, params->certificate, &new, &key, error);
	if (code == KH_OK && strcmp(host->proved, params->certificate) != 0)
		code = kh_pair_prove(token, new, key, error);
	return code == KH_OK ? finish(token, params, &order, new, out, error) : code;
}
