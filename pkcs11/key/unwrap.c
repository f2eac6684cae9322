/* The table of ways out of an envelope, and trying them. */
#include "key/unwrap.h"

#include <stdio.h>
#include <string.h>

#include "key/key.h"
#include "key/unwrap_way.h"
#include "log.h"
#include "token/context.h"

#define RSA KH_IMPORT_ALGORITHM_RSA_AES_KW
#define SM2 KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY
#define SHA1 KH_PADDING_OAEP_SHA1
#define SHA256 KH_PADDING_OAEP_SHA256
#define PKCS1 KH_PADDING_PKCS1
#define ANY KH_PADDING_COUNT
#define WHOLE kh_way_known_whole, kh_way_open_whole, false, false
#define PARTS kh_way_known_parts, kh_way_open_parts, false, false

static const struct kh_way ways[] = {
	{"RSA_AES_KEY_WRAP, OAEP SHA-1", RSA, SHA1, CKM_RSA_AES_KEY_WRAP, WHOLE},
	{"RSA_AES_KEY_WRAP, OAEP SHA-256", RSA, SHA256, CKM_RSA_AES_KEY_WRAP, WHOLE},
	{"OAEP SHA-1, AES_KEY_WRAP_KWP", RSA, SHA1, CKM_AES_KEY_WRAP_KWP, PARTS},
	{"OAEP SHA-256, AES_KEY_WRAP_KWP", RSA, SHA256, CKM_AES_KEY_WRAP_KWP, PARTS},
	{"OAEP SHA-1, AES_KEY_WRAP_PAD", RSA, SHA1, CKM_AES_KEY_WRAP_PAD, PARTS},
	{"OAEP SHA-256, AES_KEY_WRAP_PAD", RSA, SHA256, CKM_AES_KEY_WRAP_PAD, PARTS},
	{"PKCS #1, AES_KEY_WRAP_KWP", RSA, PKCS1, CKM_AES_KEY_WRAP_KWP, PARTS},
	{"PKCS #1, AES_KEY_WRAP_PAD", RSA, PKCS1, CKM_AES_KEY_WRAP_PAD, PARTS},
	{"the profile's RSA unwrapping", RSA, ANY, 0, kh_way_known_vendor, kh_way_open_vendor, false, false},
	{"RSA on the host", RSA, ANY, 0, kh_way_known_rsa_decrypt, kh_way_open_rsa_on_host, true, true},
	{"the profile's SM2EnvelopedKey", SM2, ANY, 0, kh_way_known_sm2_whole, kh_way_open_sm2_whole, false, false},
	{"SM2, SM4-ECB", SM2, ANY, 0, kh_way_known_sm2_parts, kh_way_open_sm2_parts, false, false},
	{"SM2 on the host", SM2, ANY, 0, kh_way_known_sm2_decrypt, kh_way_open_sm2_on_host, true, true},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

bool kh_way_mechanism(struct kh_token *token, CK_MECHANISM_TYPE type, CK_FLAGS flags)
{
	CK_FLAGS offered;

	return kh_token_mechanism(token, type, &offered) == CKR_OK && (offered & flags) == flags;
}

bool kh_way_number(struct kh_token *token, CK_MECHANISM_TYPE type, bool claimed)
{
	return type != KH_NO_NUMBER && (!claimed || kh_way_mechanism(token, type, 0));
}

void kh_way_template(struct kh_template *template, const struct kh_attempt *attempt, enum kh_way_ask ask)
{
	static const CK_ULONG class = CKO_PRIVATE_KEY;
	static const CK_KEY_TYPE rsa = CKK_RSA;
	const struct kh_unwrap *unwrap = attempt->unwrap;
	const struct kh_profile *profile = kh_module_sm2(unwrap->token->module);
	bool sm2 = unwrap->envelope->format == SM2 && profile;

	template->count = 0;
	kh_template_number(template, CKA_CLASS, &class);
	kh_template_number(template, CKA_KEY_TYPE, sm2 ? &profile->sm2_key_type : &rsa);
	if (sm2 && profile->sm2_curve)
		kh_template_span(template, CKA_EC_PARAMS, kh_curve_oid(KH_ANY_KEY_TYPE_SM2));
	kh_template_bool(template, CKA_TOKEN, true);
	kh_template_add(template, CKA_ID, unwrap->mark->id, sizeof(unwrap->mark->id));
	kh_template_text(template, CKA_LABEL, unwrap->mark->label);
	kh_template_bool(template, CKA_PRIVATE, true);
	kh_template_bool(template, CKA_DECRYPT, true);
	if (ask == KH_ASK_LITTLE)
		return;
	kh_template_bool(template, CKA_SENSITIVE, true);
	kh_template_bool(template, CKA_EXTRACTABLE, false);
	if (ask == KH_ASK_USE)
		return;
	kh_template_bool(template, CKA_UNWRAP, true);
	kh_template_bool(template, CKA_SIGN, false);
}

CK_RV kh_way_unwrap(struct kh_attempt *attempt, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE by, struct kh_span wrapped,
		    CK_OBJECT_HANDLE *key)
{
	struct kh_token *token = attempt->unwrap->token;
	struct kh_template template;
	CK_RV rv = CKR_OK;

	for (enum kh_way_ask ask = KH_ASK_ALL; ask < KH_ASK_END; ask++) {
		kh_way_template(&template, attempt, ask);
		rv = kh_context_unwrap(token, mechanism, by, (CK_BYTE_PTR)(uintptr_t)wrapped.data,
				       (CK_ULONG)wrapped.length, template.list, template.count, key);
		if (kh_rv_kind(rv) != KH_RV_TEMPLATE)
			break;
	}
	return rv;
}

/* 0: all of it; then without what tokens refuse; 2: for those that want to be
 * told the length. */
static void session_template(struct kh_template *template, const CK_KEY_TYPE *type, int ask)
{
	static const CK_ULONG class = CKO_SECRET_KEY;
	static const CK_ULONG length = 32;

	template->count = 0;
	kh_template_number(template, CKA_CLASS, &class);
	kh_template_number(template, CKA_KEY_TYPE, type);
	kh_template_bool(template, CKA_TOKEN, false);
	kh_template_bool(template, CKA_UNWRAP, true);
	if (ask == 0) {
		kh_template_bool(template, CKA_PRIVATE, true);
		kh_template_bool(template, CKA_SENSITIVE, true);
		kh_template_bool(template, CKA_EXTRACTABLE, false);
		kh_template_bool(template, CKA_DECRYPT, true);
	}
	if (ask == 2)
		kh_template_number(template, CKA_VALUE_LEN, &length);
}

CK_RV kh_way_session_key(struct kh_attempt *attempt, CK_MECHANISM *mechanism, struct kh_span wrapped,
			 const CK_KEY_TYPE *type, CK_OBJECT_HANDLE *key)
{
	struct kh_token *token = attempt->unwrap->token;
	struct kh_template template;
	CK_RV rv = CKR_OK;

	for (int ask = 0; ask < 3; ask++) {
		session_template(&template, type, ask);
		rv = kh_context_unwrap(token, mechanism, attempt->unwrap->opener, (CK_BYTE_PTR)(uintptr_t)wrapped.data,
				       (CK_ULONG)wrapped.length, template.list, template.count, key);
		if (kh_rv_kind(rv) != KH_RV_TEMPLATE)
			break;
	}
	return rv;
}

static void finish_attempt(struct kh_attempt *attempt)
{
	struct kh_token *token = attempt->unwrap->token;

	for (size_t i = 0; i < KH_PADDING_COUNT; i++) {
		if (attempt->opened[i].handle)
			(void)KH_CALL(token->module, C_DestroyObject, token->session, attempt->opened[i].handle);
	}
}

static void note(const struct kh_way *way, CK_RV rv)
{
	const struct kh_rv *row = kh_rv_find(rv);

	kh_log(rv == CKR_OK ? KH_LOG_INFO : KH_LOG_WARNING, "encryption key, %s: %s", way->name,
	       row ? row->name : "a result of the vendor's own");
}

static bool is_among(const CK_OBJECT_HANDLE *handles, size_t count, CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < count; i++) {
		if (handles[i] == handle)
			return true;
	}
	return false;
}

/* What a call left that failed after it had written. */
static enum kh_code find_left(const struct kh_unwrap *unwrap, struct kh_object **key, struct kh_error *error)
{
	struct kh_inventory *inventory = &unwrap->token->inventory;
	size_t count = inventory->handles_count;
	KH_AUTO_FREE CK_OBJECT_HANDLE *before = calloc(count + 1, sizeof(*before));
	enum kh_code code;

	if (!before)
		return kh_fail(error, KH_AGENT_FAILED);
	if (count > 0)
		memcpy(before, inventory->handles, count * sizeof(*before));
	code = kh_inventory_refresh(unwrap->token, error);
	for (size_t i = 0; code == KH_OK && i < inventory->count && !*key; i++) {
		struct kh_object *object = &inventory->objects[i];

		if (object->class == CKO_PRIVATE_KEY && !object->torn &&
		    kh_mark_has_id(unwrap->mark, object->id.data, object->id.length) &&
		    !is_among(before, count, object->handle))
			*key = object;
	}
	return code;
}

/* Some modules leave attributes of the template out: what nobody could find
 * again is of no use. */
static enum kh_code take_key(const struct kh_unwrap *unwrap, CK_OBJECT_HANDLE handle, struct kh_object **key,
			     struct kh_error *error)
{
	const struct kh_order_mark *mark = unwrap->mark;
	struct kh_token *token = unwrap->token;
	enum kh_code code;

	/* Some modules keep a key once and answer with the one they have. */
	if (is_among(token->inventory.handles, token->inventory.handles_count, handle))
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	code = kh_inventory_add(token, handle, CKO_PRIVATE_KEY, key, error);
	if (code == KH_OK)
		code = kh_key_keep_mark(token, handle, mark, error);
	if (code != KH_OK)
		return code;
	*key = kh_inventory_by_handle(&token->inventory, handle);
	if (kh_mark_has_id(mark, (*key)->id.data, (*key)->id.length) || strcmp((*key)->label, mark->label) == 0)
		return KH_OK;
	*key = NULL;
	code = kh_inventory_destroy(token, handle, error);
	return code == KH_OK ? kh_fail(error, KH_TOKEN_UNSUPPORTED) : code;
}

/* One way. KH_OK without a key: try another one. */
static enum kh_code try_way(struct kh_attempt *attempt, const struct kh_way *way, bool *refused, struct kh_object **key,
			    struct kh_error *error)
{
	struct kh_token *token = attempt->unwrap->token;
	struct kh_error trouble = {.code = KH_OK};
	CK_OBJECT_HANDLE handle = 0;
	CK_RV rv = way->open(attempt, way, &handle);

	note(way, rv);
	if (rv == CKR_OK)
		return take_key(attempt->unwrap, handle, key, error);
	*refused = kh_rv_kind(rv) == KH_RV_MECHANISM || kh_rv_kind(rv) == KH_RV_TEMPLATE;
	(void)kh_module_fail(token->module, rv, &trouble);
	if (kh_token_in_trouble(token, rv)) {
		if (error)
			*error = trouble;
		return trouble.code;
	}
	return *refused ? KH_OK : find_left(attempt->unwrap, key, error);
}

enum kh_code kh_unwrap(const struct kh_unwrap *unwrap, struct kh_object **key, struct kh_error *error)
{
	struct kh_attempt attempt = {.unwrap = unwrap};
	enum kh_code code = KH_OK;
	bool failed = false;

	*key = NULL;
	for (size_t i = 0; i < WAYS && code == KH_OK && !*key; i++) {
		bool refused = true;

		if (ways[i].format != unwrap->envelope->format || (ways[i].on_host && !unwrap->on_host) ||
		    !ways[i].known(unwrap->token, &ways[i], false))
			continue;
		code = try_way(&attempt, &ways[i], &refused, key, error);
		failed = failed || !refused;
	}
	finish_attempt(&attempt);
	if (code != KH_OK || *key)
		return code;
	return kh_fail(error, failed ? KH_ENCRYPTION_UNOPENED : KH_TOKEN_UNSUPPORTED);
}

/* What the opener says of itself; true when it says nothing. */
static bool may(struct kh_token *token, CK_OBJECT_HANDLE opener, CK_ATTRIBUTE_TYPE type)
{
	struct kh_bytes value;
	bool allowed;

	if (kh_object_read(token, opener, &type, &value, 1, NULL) != KH_OK)
		return true;
	allowed = value.length != sizeof(CK_BBOOL) || value.data[0] != CK_FALSE;
	kh_bytes_finish(&value);
	return allowed;
}

static enum kh_import_algorithm format_for(enum kh_any_key_type type)
{
	switch (type) {
	case KH_ANY_KEY_TYPE_RSA2048:
	case KH_ANY_KEY_TYPE_RSA3072:
	case KH_ANY_KEY_TYPE_RSA4096:
		return RSA;
	case KH_ANY_KEY_TYPE_SM2:
		return SM2;
	case KH_ANY_KEY_TYPE_NONE:
	case KH_ANY_KEY_TYPE_EC_P256:
	case KH_ANY_KEY_TYPE_EC_P384:
	case KH_ANY_KEY_TYPE_ED25519:
	case KH_ANY_KEY_TYPE_OTHER:
		break;
	}
	return KH_IMPORT_ALGORITHM_NONE;
}

size_t kh_unwrap_formats(struct kh_token *token, CK_OBJECT_HANDLE opener, enum kh_any_key_type type, bool on_host,
			 enum kh_import_algorithm out[KH_UNWRAP_FORMATS])
{
	enum kh_import_algorithm format = format_for(type);
	bool unwraps = format != KH_IMPORT_ALGORITHM_NONE && may(token, opener, CKA_UNWRAP);
	bool decrypts = format != KH_IMPORT_ALGORITHM_NONE && on_host && may(token, opener, CKA_DECRYPT);

	for (size_t i = 0; i < WAYS; i++) {
		if (ways[i].format != format || (ways[i].on_host && !on_host) ||
		    !(ways[i].decrypts ? decrypts : unwraps) || !ways[i].known(token, &ways[i], true))
			continue;
		out[0] = format;
		return 1;
	}
	return 0;
}
