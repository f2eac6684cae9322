/* A certificate and its key on a token. */
#include "op/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "key/sign.h"
#include "log.h"
#include "token/template.h"
#include "x509/chain.h"
#include "x509/moment.h"

enum kh_code kh_pair_read(const char *pem, const char *field, struct kh_certificate **out, struct kh_error *error)
{
	*out = kh_certificate_from_pem(pem);
	return *out ? KH_OK : kh_fail_field(error, field);
}

enum kh_code kh_pair_mismatch(struct kh_error *error, const char *what)
{
	(void)kh_fail(error, KH_CERTIFICATE_MISMATCH);
	if (error)
		snprintf(error->what, sizeof(error->what), "%s", what);
	return KH_CERTIFICATE_MISMATCH;
}

enum kh_code kh_pair_check_chain(struct kh_host *host, const struct kh_certificate *new, char *const *chain,
				 size_t count, struct kh_error *error)
{
	int64_t now = kh_time_now();

	if (!kh_host_anchors(host))
		return kh_fail(error, KH_AGENT_FAILED);
	/* A clock that is slow must not refuse what was issued a minute ago. */
	return kh_chain_verify(host->anchors, new, chain, count, now < new->begins ? new->begins : now, error);
}

static CK_DATE date_of(const char *text)
{
	CK_DATE date = {.year = {0}};

	memcpy(date.year, text, 4);
	memcpy(date.month, text + 5, 2);
	memcpy(date.day, text + 8, 2);
	return date;
}

enum kh_code kh_pair_write(struct kh_token *token, const struct kh_certificate *new, struct kh_span id,
			   const char *label, struct kh_error *error)
{
	static const CK_ULONG class = CKO_CERTIFICATE;
	static const CK_ULONG type = CKC_X_509;
	CK_DATE begins = date_of(new->not_before);
	CK_DATE ends = date_of(new->not_after);
	struct kh_template template = {.count = 0};
	struct kh_object *written = NULL;
	CK_OBJECT_HANDLE handle;
	enum kh_code code;
	CK_ULONG least, marks;
	CK_RV rv;

	if (id.length > 0)
		kh_template_span(&template, CKA_ID, id);
	kh_template_text(&template, CKA_LABEL, label);
	marks = template.count;
	kh_template_number(&template, CKA_CLASS, &class);
	kh_template_number(&template, CKA_CERTIFICATE_TYPE, &type);
	kh_template_bool(&template, CKA_TOKEN, true);
	kh_template_bool(&template, CKA_PRIVATE, false);
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
	/* Not every module takes a label and a CKA_ID. */
	if (kh_rv_kind(rv) == KH_RV_TEMPLATE)
		rv = KH_CALL(token->module, C_CreateObject, token->session, template.list + marks, least - marks,
			     &handle);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	code = kh_inventory_add(token, handle, CKO_CERTIFICATE, &written, error);
	if (code != KH_OK)
		return code;
	token->drops_ids = token->drops_ids || (id.length > 0 && written->id.length == 0);
	written->confirmed = written->certificate && strcmp(written->certificate->id, new->id) == 0;
	return KH_OK;
}

enum kh_code kh_pair_read_back(struct kh_token *token, const struct kh_object *object, struct kh_error *error)
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
	       kh_span_equal((struct kh_span){values[1].data, values[1].length},
			     (struct kh_span){object->id.data, object->id.length});
	kh_bytes_finish(&values[0]);
	kh_bytes_finish(&values[1]);
	return same ? KH_OK : kh_pair_mismatch(error, "spki");
}

/* A private key that does not tell its public key: its CKA_ID has to, or what it signs. */
static bool is_silent(const struct kh_object *key)
{
	return key->class == CKO_PRIVATE_KEY && !key->torn && !key->spki_id[0];
}

static bool is_of_same_key(const struct kh_object *a, const struct kh_object *b)
{
	return a->certificate && b->certificate && strcmp(a->certificate->key_id, b->certificate->key_id) == 0;
}

/* It is silent, and it is not tied to certificates of other keys alone. */
static bool may_be_key(const struct kh_inventory *inventory, const struct kh_object *key,
		       const struct kh_object *certificate)
{
	bool tied = false;

	for (size_t i = 0; i < inventory->count && is_silent(key); i++) {
		const struct kh_object *other = &inventory->objects[i];

		if (other->class != CKO_CERTIFICATE || !kh_object_is_tied(key, other))
			continue;
		if (is_of_same_key(other, certificate))
			return true;
		tied = true;
	}
	return is_silent(key) && !tied;
}

bool kh_pair_may_have_key(const struct kh_inventory *inventory, const struct kh_object *certificate)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (may_be_key(inventory, &inventory->objects[i], certificate))
			return true;
	}
	return false;
}

/* Where the CKA_ID does not tell the key it is the one that signs for it. */
static struct kh_object *find_signing(struct kh_token *token, const struct kh_object *certificate)
{
	const struct kh_span spki = certificate->certificate->spki;

	for (size_t i = 0; i < token->inventory.count; i++) {
		struct kh_object *key = &token->inventory.objects[i];

		if (may_be_key(&token->inventory, key, certificate) &&
		    kh_sign_prove(&(struct kh_signer){token, key, spki}, NULL) == KH_OK)
			return key;
	}
	return NULL;
}

/* The certificate's CKA_ID is another silent key's too, or a certificate's of another key. */
static bool is_shared(const struct kh_inventory *inventory, const struct kh_object *certificate)
{
	size_t count = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		const struct kh_object *object = &inventory->objects[i];

		if (!kh_object_has_id(object, certificate->id.data, certificate->id.length))
			continue;
		count += is_silent(object);
		if (object->certificate && !is_of_same_key(object, certificate))
			return true;
	}
	return count > 1;
}

/* Tied, and no doubt. */
static struct kh_object *find_tied(struct kh_token *token, const struct kh_object *certificate)
{
	struct kh_object *key = kh_inventory_key(&token->inventory, CKO_PRIVATE_KEY, certificate);

	if (!key || !kh_object_is_tied(key, certificate))
		return NULL;
	return is_silent(key) && is_shared(&token->inventory, certificate) ? NULL : key;
}

struct kh_object *kh_pair_key(struct kh_token *token, const struct kh_object *certificate)
{
	struct kh_object *key = find_tied(token, certificate);

	return key ? key : find_signing(token, certificate);
}

/* Other programs write a certificate once more without its key's CKA_ID: the
 * object that a key is tied to is the one. */
static struct kh_object *find_certificate(struct kh_token *token, const char *id)
{
	for (size_t i = 0; i < token->inventory.count; i++) {
		struct kh_object *object = &token->inventory.objects[i];

		if (object->certificate && strcmp(object->certificate->id, id) == 0 && find_tied(token, object))
			return object;
	}
	return kh_inventory_certificate(&token->inventory, id);
}

enum kh_code kh_pair_find(struct kh_token *token, const char *id, struct kh_object **certificate,
			  struct kh_object **key, struct kh_error *error)
{
	enum kh_code code = KH_OK;

	/* What we know will do; what is missing may have come since. */
	for (int turn = 0; turn < 2; turn++) {
		*certificate = find_certificate(token, id);
		*key = *certificate ? kh_pair_key(token, *certificate) : NULL;
		if (*key)
			return KH_OK;
		code = turn == 0 ? kh_inventory_refresh(token, error) : KH_OK;
		if (code != KH_OK)
			return code;
	}
	return kh_fail(error, *certificate ? KH_CERTIFICATE_NO_KEY : KH_CERTIFICATE_ABSENT);
}

enum kh_code kh_pair_confirm(struct kh_token *token, struct kh_object *object, struct kh_error *error)
{
	enum kh_code code = object->confirmed ? KH_OK : kh_pair_read_back(token, object, error);

	object->confirmed = code == KH_OK;
	return code;
}

enum kh_code kh_pair_prove(struct kh_token *token, const struct kh_object *object, const struct kh_object *key,
			   struct kh_error *error)
{
	const struct kh_signer signer = {token, key, object->certificate->spki};
	enum kh_code code = kh_pair_read_back(token, object, error);

	return code == KH_OK ? kh_sign_prove(&signer, error) : code;
}

/* Whether the token is there and does not take the label. */
static bool keeps_label(struct kh_token *token, CK_RV rv)
{
	return kh_rv_kind(rv) != KH_RV_GONE && rv != CKR_USER_NOT_LOGGED_IN &&
	       (kh_rv_kind(rv) != KH_RV_MAYBE_GONE || !kh_token_in_trouble(token, rv));
}

enum kh_code kh_pair_set_label(struct kh_token *token, struct kh_object *object, const char *label,
			       struct kh_error *error)
{
	CK_ATTRIBUTE attribute = {CKA_LABEL, (void *)(uintptr_t)label, (CK_ULONG)strlen(label)};
	char *copy;
	CK_RV rv;

	if (!object || strcmp(object->label, label) == 0)
		return KH_OK;
	rv = KH_CALL(token->module, C_SetAttributeValue, token->session, object->handle, &attribute, 1);
	if (rv != CKR_OK && keeps_label(token, rv))
		rv = KH_CALL(token->module, C_SetAttributeValue, token->session, object->handle, &attribute, 1);
	if (rv != CKR_OK && keeps_label(token, rv)) {
		kh_log(KH_LOG_WARNING, "the token keeps the label of a finished order");
		return KH_OK;
	}
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	copy = strdup(label);
	if (!copy)
		return kh_fail(error, KH_AGENT_FAILED);
	free(object->label);
	object->label = copy;
	return KH_OK;
}

enum kh_code kh_pair_label(struct kh_token *token, struct kh_object *certificate, struct kh_error *error)
{
	KH_AUTO_FREE char *label = kh_certificate_common_name(certificate->certificate);
	enum kh_code code;

	if (!label)
		return kh_fail(error, KH_AGENT_FAILED);
	code = kh_pair_set_label(token, kh_inventory_key(&token->inventory, CKO_PUBLIC_KEY, certificate), label, error);
	return code == KH_OK ? kh_pair_set_label(token, certificate, label, error) : code;
}
