/* certificate.check, certificate.write and the proof that a pair works. */
#include "op/install.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "key/sign.h"
#include "op/encryption.h"
#include "op/order.h"
#include "op/stray.h"
#include "token/template.h"
#include "x509/chain.h"
#include "x509/moment.h"

enum kh_code kh_install_read(const char *pem, const char *field, struct kh_certificate **out, struct kh_error *error)
{
	*out = kh_certificate_from_pem(pem);
	return *out ? KH_OK : kh_fail_field(error, field);
}

enum kh_code kh_install_mismatch(struct kh_error *error, const char *what)
{
	(void)kh_fail(error, KH_CERTIFICATE_MISMATCH);
	if (error)
		snprintf(error->what, sizeof(error->what), "%s", what);
	return KH_CERTIFICATE_MISMATCH;
}

/* A key that another order has made and that has no certificate yet. */
static bool waits_for_other(struct kh_inventory *inventory, const struct kh_object *object,
			    const struct kh_order_mark *mark)
{
	return kh_order_is_pending(object) && strcmp(object->label, mark->label) != 0 &&
	       !kh_inventory_by_id(inventory, CKO_CERTIFICATE, object->id.data, object->id.length);
}

/* Any object on the token whose public key is the certificate's, with its
 * CKA_ID: the order's pair for a new key, else whatever holds the old key. */
static struct kh_object *find_holder(struct kh_token *token, const struct kh_certificate *certificate,
				     const char *order, enum kh_key_choice key)
{
	struct kh_inventory *inventory = &token->inventory;
	struct kh_order_mark mark;

	kh_order_mark(&mark, order);
	for (size_t i = 0; i < inventory->count; i++) {
		struct kh_object *object = &inventory->objects[i];
		const char *spki = object->certificate ? object->certificate->spki_id : object->spki_id;
		bool marked =
			object->id.length == sizeof(mark.id) && memcmp(object->id.data, mark.id, sizeof(mark.id)) == 0;

		if (object->id.length > 0 && strcmp(spki, certificate->spki_id) == 0 &&
		    (marked || (key == KH_KEY_CHOICE_SAME && !waits_for_other(inventory, object, &mark))))
			return object;
	}
	return NULL;
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

		if (old && !old->ca && old->usage != KH_USAGE_ENCRYPT && strcmp(old->id, new->id) != 0 &&
		    kh_chain_same_name(old->subject, new->subject))
			return old;
	}
	return NULL;
}

/* A certificate that is there and carries another order's mark. */
static bool is_others(const struct kh_object *present, const char *order)
{
	struct kh_order_mark mark;

	kh_order_mark(&mark, order);
	return present && kh_order_is_pending(present) && strcmp(present->label, mark.label) != 0;
}

/* All was done and only the certificate is gone: the label of its key, set in
 * the end, says whose it was. */
static bool was_named(struct kh_token *token, const struct kh_certificate *new, const char *order)
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

	if (is_others(present, params->order) || !find_holder(token, new, params->order, params->key))
		return kh_install_mismatch(error, "spki");
	if (old ? !kh_chain_same_name(old->subject, new->subject) : !present && !was_named(token, new, params->order))
		return kh_install_mismatch(error, "subject");
	if (new->ca || new->usage == KH_USAGE_ENCRYPT)
		return kh_install_mismatch(error, "usage");
	if (new->ends <= kh_time_now() || new->ends <= new->begins)
		return kh_install_mismatch(error, "validity");
	/* With the old key the old certificate itself would pass everything else. */
	if (params->key == KH_KEY_CHOICE_SAME && old && new->ends <= old->ends &&
	    (!present || strcmp(old->id, new->id) == 0))
		return kh_install_mismatch(error, "validity");
	return KH_OK;
}

enum kh_code kh_install_check_chain(struct kh_host *host, const struct kh_certificate *new, char *const *chain,
				    size_t count, struct kh_error *error)
{
	int64_t now = kh_time_now();

	if (!host->anchors)
		host->anchors = kh_anchors_new(host->settings.anchors, host->settings.anchors_count);
	if (!host->anchors)
		return kh_fail(error, KH_AGENT_FAILED);
	/* A clock that is slow must not refuse what was issued a minute ago. */
	return kh_chain_verify(host->anchors, new, chain, count, now < new->begins ? new->begins : now, error);
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
		code = kh_inventory_refresh(token, error);
	if (code == KH_OK)
		code = kh_install_read(params->certificate, "certificate", &new, error);
	if (code == KH_OK)
		code = check_fields(token, new, params, error);
	if (code == KH_OK)
		code = kh_install_check_chain(host, new, params->chain, params->chain_count, error);
	if (code == KH_OK && params->encryption)
		code = kh_encryption_check(host, new, params->encryption, params->chain, params->chain_count, error);
	return code == KH_OK ? kh_host_text(&result->certificate, new->id, error) : code;
}

static CK_DATE date_of(const char *text)
{
	CK_DATE date = {.year = {0}};

	memcpy(date.year, text, 4);
	memcpy(date.month, text + 5, 2);
	memcpy(date.day, text + 8, 2);
	return date;
}

enum kh_code kh_install_write(struct kh_token *token, const struct kh_certificate *new, struct kh_span id,
			      const char *label, struct kh_error *error)
{
	static const CK_ULONG class = CKO_CERTIFICATE;
	static const CK_ULONG type = CKC_X_509;
	CK_DATE begins = date_of(new->not_before);
	CK_DATE ends = date_of(new->not_after);
	struct kh_template template = {.count = 0};
	CK_OBJECT_HANDLE handle;
	CK_ULONG least;
	CK_RV rv;

	kh_template_number(&template, CKA_CLASS, &class);
	kh_template_number(&template, CKA_CERTIFICATE_TYPE, &type);
	kh_template_bool(&template, CKA_TOKEN, true);
	kh_template_bool(&template, CKA_PRIVATE, false);
	kh_template_span(&template, CKA_ID, id);
	kh_template_text(&template, CKA_LABEL, label);
	kh_template_span(&template, CKA_SUBJECT, new->subject);
	kh_template_span(&template, CKA_ISSUER, new->issuer);
	kh_template_span(&template, CKA_SERIAL_NUMBER, new->serial);
	kh_template_add(&template, CKA_VALUE, new->der.data, new->der.length);
	least = template.count;
	kh_template_add(&template, CKA_START_DATE, &begins, sizeof(begins));
	kh_template_add(&template, CKA_END_DATE, &ends, sizeof(ends));
	rv = KH_CALL(token->module, C_CreateObject, token->session, template.list, template.count, &handle);
	if (kh_rv_kind(rv) == KH_RV_TEMPLATE)
		rv = KH_CALL(token->module, C_CreateObject, token->session, template.list, least, &handle);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return kh_inventory_add(token, handle, CKO_CERTIFICATE, NULL, error);
}

enum kh_code kh_op_certificate_write(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_certificate_write_params *params = in;
	struct kh_host_certificate_write_result *result = out;
	KH_AUTO_CERTIFICATE *new = NULL;
	const struct kh_object *holder;
	struct kh_order_mark mark;
	struct kh_token *token;
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_inventory_refresh(token, error);
	if (code == KH_OK)
		code = kh_install_read(params->certificate, "certificate", &new, error);
	if (code == KH_OK)
		code = kh_order_clean(token, params->order, error);
	if (code != KH_OK)
		return code;
	if (!kh_inventory_certificate(&token->inventory, new->id)) {
		holder = find_holder(token, new, params->order, params->key);
		if (!holder)
			return kh_install_mismatch(error, "spki");
		kh_order_mark(&mark, params->order);
		code = kh_install_write(token, new, (struct kh_span){holder->id.data, holder->id.length}, mark.label,
					error);
	}
	if (code == KH_OK)
		code = kh_stray_clean(token, new->id, error);
	return code == KH_OK ? kh_host_text(&result->certificate, new->id, error) : code;
}

enum kh_code kh_install_read_back(struct kh_token *token, const struct kh_object *object, struct kh_error *error)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_VALUE, CKA_ID};
	struct kh_bytes values[2];
	enum kh_code code;
	bool same;

	code = kh_object_read(token, object->handle, types, values, 2, error);
	if (code != KH_OK)
		return code;
	same = values[0].length >= object->certificate->der.length &&
	       memcmp(values[0].data, object->certificate->der.data, object->certificate->der.length) == 0 &&
	       values[1].length == object->id.length && memcmp(values[1].data, object->id.data, object->id.length) == 0;
	kh_bytes_finish(&values[0]);
	kh_bytes_finish(&values[1]);
	return same ? KH_OK : kh_install_mismatch(error, "spki");
}

enum kh_code kh_install_pair(struct kh_token *token, const char *id, struct kh_object **certificate,
			     struct kh_object **key, struct kh_error *error)
{
	enum kh_code code = KH_OK;

	/* What we know will do; what is missing may have come since. */
	for (int turn = 0; turn < 2; turn++) {
		*certificate = kh_inventory_certificate(&token->inventory, id);
		*key = *certificate ? kh_inventory_key(&token->inventory, CKO_PRIVATE_KEY, *certificate) : NULL;
		if (*key)
			return KH_OK;
		code = turn == 0 ? kh_inventory_refresh(token, error) : KH_OK;
		if (code != KH_OK)
			return code;
	}
	return kh_fail(error, *certificate ? KH_CERTIFICATE_NO_KEY : KH_CERTIFICATE_ABSENT);
}

enum kh_code kh_install_prove(struct kh_token *token, const struct kh_object *object, const struct kh_object *key,
			      struct kh_error *error)
{
	const struct kh_signer signer = {token, key, object->certificate->spki};
	enum kh_code code = kh_install_read_back(token, object, error);

	return code == KH_OK ? kh_sign_prove(&signer, error) : code;
}

enum kh_code kh_op_certificate_prove(struct kh_host *host, const void *in, void *out, struct kh_error *error)
{
	const struct kh_host_certificate_prove_params *params = in;
	struct kh_host_certificate_prove_result *result = out;
	struct kh_object *object;
	struct kh_object *key;
	struct kh_token *token;
	bool agreed = false;
	enum kh_code code;

	code = kh_host_token(host, params->token, &token, error);
	if (code == KH_OK)
		code = kh_install_pair(token, params->certificate, &object, &key, error);
	if (code == KH_OK)
		code = kh_stray_clean(token, params->certificate, error);
	if (code == KH_OK)
		code = kh_install_pair(token, params->certificate, &object, &key, error);
	if (code == KH_OK)
		code = kh_install_prove(token, object, key, error);
	if (code == KH_OK && params->second_reader)
		code = kh_reader_check(&host->reader, token, object, &agreed, error);
	if (code != KH_OK)
		return code;
	snprintf(host->proved, sizeof(host->proved), "%s", params->certificate);
	if (!params->second_reader)
		return KH_OK;
	result->second_reader = agreed ? KH_SECOND_READER_AGREED : KH_SECOND_READER_ABSENT;
	return KH_OK;
}
