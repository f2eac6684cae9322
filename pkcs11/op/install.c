/* certificate.check, certificate.write and the proof that a pair works. */
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "key/sign.h"
#include "op/encryption.h"
#include "op/order.h"
#include "op/pair.h"
#include "op/stray.h"
#include "x509/chain.h"
#include "x509/moment.h"
#include "x509/name.h"

/* A key that another order has made and that has no certificate yet. */
static bool waits_for_other(struct kh_inventory *inventory, const struct kh_object *object,
			    const struct kh_order_mark *mark)
{
	return kh_order_is_pending(object) && strcmp(object->label, mark->label) != 0 &&
	       !kh_inventory_key(inventory, CKO_CERTIFICATE, object);
}

static bool is_of(const struct kh_object *object, const struct kh_certificate *certificate)
{
	const char *spki = object->certificate ? object->certificate->key_id : object->spki_id;

	return !object->torn && strcmp(spki, certificate->key_id) == 0;
}

/* What has the order's mark and the certificate's key: of two pairs with the
 * mark, made by two agents at a time, the certificate says which is the order's. */
static struct kh_object *find_marked(struct kh_token *token, const struct kh_certificate *certificate,
				     const struct kh_order_mark *mark)
{
	for (size_t i = 0; i < token->inventory.count; i++) {
		struct kh_object *object = &token->inventory.objects[i];

		if (is_of(object, certificate) && (kh_mark_has_id(mark, object->id.data, object->id.length) ||
						   strcmp(object->label, mark->label) == 0))
			return object;
	}
	return NULL;
}

/* Any object of the old key, with its CKA_ID. */
static struct kh_object *find_same(struct kh_token *token, const struct kh_certificate *certificate,
				   const struct kh_order_mark *mark)
{
	struct kh_inventory *inventory = &token->inventory;

	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (is_of(object, certificate) && !waits_for_other(inventory, object, mark))
			return object;
	}
	return NULL;
}

/* A private key whose public half is gone tells by a signature only: a SmartCard-HSM keeps the
 * public key where the certificate is to be written. */
static bool signs_for(struct kh_token *token, const struct kh_object *key, const struct kh_certificate *certificate)
{
	return key->spki_id[0] == '\0' && token->lease.active &&
	       kh_sign_prove(&(struct kh_signer){token, key, certificate->spki}, NULL) == KH_OK;
}

/* What on the token shows that the certificate's key is there: the order's pair
 * for a new key, else whatever is of the old one. */
static struct kh_object *find_holder(struct kh_token *token, const struct kh_certificate *certificate,
				     const struct kh_order *order, enum kh_key_choice key)
{
	struct kh_order_objects objects;
	struct kh_object *marked;

	kh_order_find(token, order, &objects);
	marked = find_marked(token, certificate, &objects.mark);
	if (marked)
		return marked;
	if (objects.public_key && is_of(objects.public_key, certificate))
		return objects.public_key;
	if (objects.private_key &&
	    (is_of(objects.private_key, certificate) || signs_for(token, objects.private_key, certificate)))
		return objects.private_key;
	return key == KH_KEY_CHOICE_SAME ? find_same(token, certificate, &objects.mark) : NULL;
}

static bool may_continue(const struct kh_certificate *old, const struct kh_certificate *new)
{
	return !old->ca && old->usage != KH_USAGE_ENCRYPT && strcmp(old->id, new->id) != 0;
}

/* The certificate the new one must continue: the named one, else any signing
 * certificate with the same subject. */
static const struct kh_certificate *find_old(struct kh_token *token, const struct kh_certificate *new, const char *id)
{
	struct kh_object *named = id ? kh_inventory_certificate(&token->inventory, id) : NULL;

	if (named)
		return named->certificate;
	for (size_t i = 0; i < token->inventory.count; i++) {
		const struct kh_certificate *old = token->inventory.objects[i].certificate;

		if (old && may_continue(old, new) && kh_name_same(old->subject, new->subject))
			return old;
	}
	return NULL;
}

/* Whether there is one that it could continue if it had that subject. */
static bool has_others(struct kh_token *token, const struct kh_certificate *new)
{
	for (size_t i = 0; i < token->inventory.count; i++) {
		const struct kh_certificate *other = token->inventory.objects[i].certificate;

		if (other && may_continue(other, new))
			return true;
	}
	return false;
}

/* A certificate that is there and carries another order's mark. */
static bool is_others(const struct kh_object *present, const char *order)
{
	struct kh_order_mark mark;

	kh_order_mark(&mark, order);
	return present && kh_order_is_pending(present) && strcmp(present->label, mark.label) != 0;
}

/* All was done and only the certificate is gone: the label of its public key,
 * set in the end, says whose it was. */
static bool was_named(struct kh_token *token, const struct kh_certificate *new, const struct kh_order *order)
{
	KH_AUTO_FREE char *name = kh_certificate_common_name(new);
	struct kh_order_objects objects;

	kh_order_find(token, order, &objects);
	return name && objects.public_key && strcmp(objects.public_key->label, name) == 0;
}

static enum kh_code check_fields(struct kh_token *token, const struct kh_certificate *new,
				 const struct kh_host_certificate_check_params *params, struct kh_error *error)
{
	const struct kh_certificate *old = find_old(token, new, params->old_certificate);
	const struct kh_object *present = kh_inventory_certificate(&token->inventory, new->id);
	const struct kh_order order = {.id = params->order, .public_key = params->public_key, .made = params->made};

	if (is_others(present, params->order) || !find_holder(token, new, &order, params->key))
		return kh_pair_mismatch(error, "spki");
	if (!old && !present && !was_named(token, new, &order))
		return params->old_certificate || !has_others(token, new) ? kh_fail(error, KH_CERTIFICATE_ABSENT)
									  : kh_pair_mismatch(error, "subject");
	if (old && !kh_name_same(old->subject, new->subject))
		return kh_pair_mismatch(error, "subject");
	if (new->ca || new->usage == KH_USAGE_ENCRYPT)
		return kh_pair_mismatch(error, "usage");
	if (new->ends <= kh_time_now() || new->ends <= new->begins)
		return kh_pair_mismatch(error, "validity");
	/* With the old key the old certificate itself would pass everything else. */
	if (params->key == KH_KEY_CHOICE_SAME && old && new->ends <= old->ends &&
	    (!present || strcmp(old->id, new->id) == 0))
		return kh_pair_mismatch(error, "validity");
	return KH_OK;
}

enum kh_code kh_op_certificate_check(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_certificate_check_params *params = in;
	struct kh_host_certificate_check_result *result = out;
	KH_AUTO_CERTIFICATE *new = NULL;
	struct kh_token *token;
	enum kh_code code;

	code = kh_tokens_find(&host->tokens, params->token, &token, error);
	if (code == KH_OK)
		code = kh_inventory_ensure(token, error);
	if (code == KH_OK)
		code = kh_pair_read(params->certificate, "certificate", &new, error);
	if (code == KH_OK)
		code = check_fields(token, new, params, error);
	if (code == KH_OK)
		code = kh_pair_check_chain(host, new, params->chain, params->chain_count, error);
	if (code == KH_OK && params->encryption)
		code = kh_encryption_check(host, new, params->encryption, params->chain, params->chain_count, error);
	return code == KH_OK ? kh_host_text(&result->certificate, new->id, error) : code;
}

/* A key without a CKA_ID has none to give; the mark's is better than none. */
static struct kh_span id_of(const struct kh_object *holder, const struct kh_order_mark *mark)
{
	return holder->id.length > 0 ? (struct kh_span){holder->id.data, holder->id.length}
				     : (struct kh_span){mark->id, sizeof(mark->id)};
}

static enum kh_code write_certificate(struct kh_token *token, const struct kh_certificate *new,
				      const struct kh_order *order, enum kh_key_choice key, struct kh_error *error)
{
	const struct kh_object *holder = find_holder(token, new, order, key);
	struct kh_order_mark mark;

	if (!holder)
		return kh_pair_mismatch(error, "spki");
	kh_order_mark(&mark, order->id);
	return kh_pair_write(token, new, id_of(holder, &mark), mark.label, error);
}

enum kh_code kh_op_certificate_write(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_certificate_write_params *params = in;
	struct kh_host_certificate_write_result *result = out;
	const struct kh_order order = {.id = params->order, .public_key = params->public_key, .made = params->made};
	KH_AUTO_CERTIFICATE *new = NULL;
	struct kh_token *token;
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_inventory_ensure(token, error);
	if (code == KH_OK)
		code = kh_pair_read(params->certificate, "certificate", &new, error);
	if (code == KH_OK)
		code = kh_order_clean(token, &order, error);
	if (code == KH_OK && !kh_inventory_certificate(&token->inventory, new->id))
		code = write_certificate(token, new, &order, params->key, error);
	if (code == KH_OK)
		code = kh_stray_clean(token, new->id, error);
	return code == KH_OK ? kh_host_text(&result->certificate, new->id, error) : code;
}

enum kh_code kh_op_certificate_prove(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_certificate_prove_params *params = in;
	struct kh_host_certificate_prove_result *result = out;
	struct kh_object *object;
	struct kh_object *key;
	struct kh_token *token;
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_pair_find(token, params->certificate, &object, &key, error);
	if (code == KH_OK)
		code = kh_stray_clean(token, params->certificate, error);
	if (code == KH_OK)
		code = kh_pair_find(token, params->certificate, &object, &key, error);
	if (code == KH_OK && params->receipt)
		return kh_pair_confirm(token, object, error);
	if (code == KH_OK)
		code = kh_pair_prove(token, object, key, error);
	if (code != KH_OK)
		return code;
	snprintf(host->proved, sizeof(host->proved), "%s", params->certificate);
	if (params->second_reader)
		result->second_reader = kh_reader_check(&host->reader, token, object);
	return KH_OK;
}
