/* Making key pairs. */
#include "key/key.h"

#include <string.h>

#include "cleanup.h"
#include "key/sign.h"
#include "log.h"
#include "profile.h"
#include "token/template.h"
#include "token/token.h"

static const CK_ULONG class_public = CKO_PUBLIC_KEY;
static const CK_ULONG type_rsa = CKK_RSA;
static const CK_ULONG type_ec = CKK_EC;
static const CK_ULONG type_edwards = CKK_EC_EDWARDS;
static const uint8_t exponent[] = {1, 0, 1};

/* PKCS#11 v3.0 names the curve by its OID; SoftHSM and older texts by a
 * PrintableString. */
static const uint8_t edwards_name[] =
	"\x13\x0c"
	"edwards25519";

/* How much of the template is asked for. */
enum ask { ASK_ALL, ASK_NO_UNWRAP, ASK_LITTLE, ASK_END };

struct plan {
	enum kh_key_type type;
	CK_MECHANISM_TYPE mechanism;
	const CK_ULONG *key_type;
	CK_ULONG bits; /* RSA */
	enum kh_any_key_type any;
	const struct kh_profile *profile; /* SM2 */
};

static const struct plan plans[] = {
	{KH_KEY_TYPE_RSA2048, CKM_RSA_PKCS_KEY_PAIR_GEN, &type_rsa, 2048, KH_ANY_KEY_TYPE_RSA2048, NULL},
	{KH_KEY_TYPE_RSA3072, CKM_RSA_PKCS_KEY_PAIR_GEN, &type_rsa, 3072, KH_ANY_KEY_TYPE_RSA3072, NULL},
	{KH_KEY_TYPE_RSA4096, CKM_RSA_PKCS_KEY_PAIR_GEN, &type_rsa, 4096, KH_ANY_KEY_TYPE_RSA4096, NULL},
	{KH_KEY_TYPE_EC_P256, CKM_EC_KEY_PAIR_GEN, &type_ec, 0, KH_ANY_KEY_TYPE_EC_P256, NULL},
	{KH_KEY_TYPE_EC_P384, CKM_EC_KEY_PAIR_GEN, &type_ec, 0, KH_ANY_KEY_TYPE_EC_P384, NULL},
	{KH_KEY_TYPE_ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, &type_edwards, 0, KH_ANY_KEY_TYPE_ED25519, NULL},
};

static bool find_plan(const struct kh_module *module, enum kh_key_type type, struct plan *plan)
{
	const struct kh_profile *profile = kh_module_sm2(module);

	if (type == KH_KEY_TYPE_SM2 && profile) {
		*plan = (struct plan){type, profile->sm2_pair, &profile->sm2_key_type, 0, KH_ANY_KEY_TYPE_SM2, profile};
		return true;
	}
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (plans[i].type == type) {
			*plan = plans[i];
			return true;
		}
	}
	return false;
}

/* Sloppy modules leave the flags empty, and tell the size in bytes or not at all. */
bool kh_key_offered(struct kh_token *token, enum kh_key_type type)
{
	CK_MECHANISM_INFO info = {.flags = 0};
	struct plan plan = {.profile = NULL};
	CK_ULONG most;
	CK_RV rv;

	if (!find_plan(token->module, type, &plan) || plan.profile)
		return plan.profile && plan.mechanism != KH_NO_NUMBER;
	rv = KH_CALL(token->module, C_GetMechanismInfo, token->slot, plan.mechanism, &info);
	if (rv != CKR_OK)
		return rv != CKR_MECHANISM_INVALID;
	if (!(info.flags & CKF_GENERATE_KEY_PAIR) && (info.flags & ~(CK_FLAGS)CKF_HW))
		return false;
	most = info.ulMaxKeySize < 1024 ? info.ulMaxKeySize * 8 : info.ulMaxKeySize;
	return most == 0 || most >= plan.bits;
}

/* What an encryption key can be imported with later. */
static bool decrypts(const struct plan *plan)
{
	return plan->profile ? plan->profile->sm2_decrypt.mechanism != KH_NO_NUMBER : plan->bits > 0;
}

static bool unwraps(const struct plan *plan)
{
	return plan->profile ? plan->profile->sm2_unwrap.mechanism != KH_NO_NUMBER ||
				       plan->profile->sm2_envelope != KH_NO_NUMBER
			     : plan->bits > 0;
}

/* A vendor's mechanism may make keys of several types. */
static void add_type(struct kh_template *template, const struct plan *plan, enum ask ask)
{
	if (plan->profile && ask != ASK_LITTLE)
		kh_template_number(template, CKA_KEY_TYPE, plan->key_type);
}

/* How much of the mark a template has: some modules refuse a CKA_ID of 20 bytes,
 * or one that is not theirs, and labels. */
enum marks { MARKS_BOTH, MARKS_LABEL, MARKS_NONE, MARKS_END };

static void add_mark(struct kh_template *template, const struct kh_order_mark *mark, enum marks marks)
{
	kh_template_bool(template, CKA_TOKEN, true);
	if (marks == MARKS_BOTH)
		kh_template_add(template, CKA_ID, mark->id, sizeof(mark->id));
	if (marks != MARKS_NONE)
		kh_template_text(template, CKA_LABEL, mark->label);
}

static void public_template(struct kh_template *template, const struct plan *plan, const struct kh_order_mark *mark,
			    enum marks marks, enum ask ask, bool named_curve)
{
	template->count = 0;
	add_mark(template, mark, marks);
	if (plan->bits) {
		kh_template_number(template, CKA_MODULUS_BITS, &plan->bits);
		kh_template_add(template, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	} else if (named_curve) {
		kh_template_add(template, CKA_EC_PARAMS, edwards_name, sizeof(edwards_name) - 1);
	} else if (!plan->profile || plan->profile->sm2_curve) {
		kh_template_span(template, CKA_EC_PARAMS, kh_curve_oid(plan->any));
	}
	add_type(template, plan, ask);
	if (ask == ASK_LITTLE)
		return;
	kh_template_bool(template, CKA_PRIVATE, false);
	kh_template_bool(template, CKA_VERIFY, true);
	if (ask == ASK_ALL && decrypts(plan))
		kh_template_bool(template, CKA_ENCRYPT, true);
	if (ask == ASK_ALL && unwraps(plan))
		kh_template_bool(template, CKA_WRAP, true);
}

static void private_template(struct kh_template *template, const struct plan *plan, const struct kh_order_mark *mark,
			     enum marks marks, enum ask ask)
{
	template->count = 0;
	add_mark(template, mark, marks);
	kh_template_bool(template, CKA_PRIVATE, true);
	kh_template_bool(template, CKA_SIGN, true);
	add_type(template, plan, ask);
	if (ask == ASK_LITTLE)
		return;
	kh_template_bool(template, CKA_SENSITIVE, true);
	kh_template_bool(template, CKA_EXTRACTABLE, false);
	if (ask == ASK_ALL && decrypts(plan))
		kh_template_bool(template, CKA_DECRYPT, true);
	if (ask == ASK_ALL && unwraps(plan))
		kh_template_bool(template, CKA_UNWRAP, true);
}

static CK_RV generate_marked(struct kh_token *token, const struct plan *plan, const struct kh_order_mark *mark,
			     enum marks marks, bool named_curve, CK_OBJECT_HANDLE handles[2])
{
	CK_MECHANISM mechanism = {plan->mechanism, NULL, 0};
	struct kh_template public;
	struct kh_template private;
	CK_RV rv = CKR_OK;

	for (enum ask ask = ASK_ALL; ask < ASK_END; ask++) {
		public_template(&public, plan, mark, marks, ask, named_curve);
		private_template(&private, plan, mark, marks, ask);
		rv = KH_CALL_ON(token->module, mechanism, &plan->mechanism, C_GenerateKeyPair, token->session,
				&mechanism, public.list, public.count, private.list, private.count, &handles[0],
				&handles[1]);
		if (kh_rv_kind(rv) != KH_RV_TEMPLATE)
			break;
	}
	return rv;
}

/* With as much of the mark as the module takes. */
static CK_RV generate(struct kh_token *token, const struct plan *plan, const struct kh_order_mark *mark,
		      bool named_curve, CK_OBJECT_HANDLE handles[2])
{
	CK_RV rv = CKR_OK;

	for (enum marks marks = MARKS_BOTH; marks < MARKS_END; marks++) {
		rv = generate_marked(token, plan, mark, marks, named_curve, handles);
		if (kh_rv_kind(rv) != KH_RV_TEMPLATE)
			break;
	}
	return rv;
}

/* Whether another way to name the curve may help. */
static bool curve_refused(CK_RV rv)
{
	return rv != CKR_OK && (kh_rv_kind(rv) == KH_RV_TEMPLATE || rv == CKR_CURVE_NOT_SUPPORTED ||
				rv == CKR_DOMAIN_PARAMS_INVALID || rv == CKR_GENERAL_ERROR);
}

static enum kh_code read_pair(struct kh_token *token, const CK_OBJECT_HANDLE handles[2],
			      const struct kh_order_mark *mark, struct kh_object **public_key, struct kh_error *error)
{
	struct kh_object *made = NULL;
	enum kh_code code = kh_inventory_add(token, handles[1], CKO_PRIVATE_KEY, &made, error);
	bool torn = code == KH_OK && made->torn;

	if (code == KH_OK)
		code = kh_inventory_add(token, handles[0], CKO_PUBLIC_KEY, &made, error);
	if (code != KH_OK)
		return code;
	if (torn || made->torn || !made->spki_id[0])
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	code = kh_key_keep_mark(token, handles[1], mark, error);
	if (code == KH_OK)
		code = kh_key_keep_mark(token, handles[0], mark, error);
	if (code != KH_OK)
		return code;
	*public_key = kh_inventory_by_handle(&token->inventory, handles[0]);
	made = kh_inventory_by_handle(&token->inventory, handles[1]);
	/* Else nothing that the token keeps would tell next time which private key it has. */
	if (kh_mark_has_id(mark, made->id.data, made->id.length) || strcmp(made->label, mark->label) == 0 ||
	    kh_inventory_tells(&token->inventory, made, *public_key))
		return KH_OK;
	return kh_fail(error, KH_TOKEN_UNSUPPORTED);
}

void kh_key_take_back(struct kh_token *token, const CK_OBJECT_HANDLE handles[2], const char *why)
{
	kh_log(KH_LOG_WARNING, "the key pair that was made goes: %s", why);
	for (size_t i = 0; i < 2; i++) {
		if (kh_inventory_destroy(token, handles[i], NULL) != KH_OK)
			kh_log(KH_LOG_WARNING, "a key that was made stays on the token");
	}
}

enum kh_code kh_key_generate(struct kh_token *token, enum kh_key_type type, const struct kh_order_mark *mark,
			     struct kh_object **public_key, struct kh_error *error)
{
	struct plan plan;
	CK_OBJECT_HANDLE handles[2] = {0, 0};
	enum kh_code code;
	CK_RV rv;

	if (!find_plan(token->module, type, &plan) || !kh_sign_offered(token, plan.any))
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	rv = generate(token, &plan, mark, false, handles);
	if (curve_refused(rv) && type == KH_KEY_TYPE_ED25519)
		rv = generate(token, &plan, mark, true, handles);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	code = read_pair(token, handles, mark, public_key, error);
	if (code != KH_OK && code != KH_TOKEN_REMOVED)
		kh_key_take_back(token, handles, "it cannot be read back");
	return code;
}

/* CKA_EC_POINT in the form the module wants; bits: 04, x and y. */
static void put_point(struct kh_buffer *point, struct kh_span bits, const struct kh_profile *sm2)
{
	enum kh_profile_sm2_point form = sm2 ? sm2->sm2_point : KH_PROFILE_SM2_POINT_OCTET;

	if (form == KH_PROFILE_SM2_POINT_OCTET)
		kh_der_put(point, KH_DER_OCTET_STRING, bits.data, bits.length);
	else if (form == KH_PROFILE_SM2_POINT_RAW)
		kh_buffer_append(point, bits.data, bits.length);
	else
		kh_buffer_append(point, bits.data + 1, bits.length - 1);
}

/* sm2: the profile for a key of this type, else NULL. */
static void put_public(struct kh_template *template, struct kh_span spki, const struct kh_profile *sm2,
		       struct kh_buffer *point)
{
	enum kh_any_key_type type = kh_spki_type(spki);
	struct kh_span modulus;
	struct kh_span public_exponent;
	struct kh_span bits;

	kh_template_number(template, CKA_CLASS, &class_public);
	if (kh_spki_rsa(spki, &modulus, &public_exponent)) {
		kh_template_number(template, CKA_KEY_TYPE, &type_rsa);
		kh_template_span(template, CKA_MODULUS, modulus);
		kh_template_span(template, CKA_PUBLIC_EXPONENT, public_exponent);
	} else if (kh_spki_bits(spki, &bits) && bits.length > 1) {
		put_point(point, bits, sm2);
		kh_template_number(template, CKA_KEY_TYPE,
				   sm2				     ? &sm2->sm2_key_type
				   : type == KH_ANY_KEY_TYPE_ED25519 ? &type_edwards
								     : &type_ec);
		if (!sm2 || sm2->sm2_curve)
			kh_template_span(template, CKA_EC_PARAMS, kh_curve_oid(type));
		kh_template_add(template, CKA_EC_POINT, point->data, point->length);
	}
}

static CK_RV create_public(struct kh_token *token, struct kh_span spki, const struct kh_profile *sm2,
			   const struct kh_order_mark *mark, enum marks marks, CK_ATTRIBUTE_TYPE use,
			   CK_OBJECT_HANDLE *handle)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer point = {0};
	struct kh_template template = {.count = 0};
	CK_ULONG least;
	CK_RV rv;

	put_public(&template, spki, sm2, &point);
	add_mark(&template, mark, marks);
	least = template.count;
	kh_template_bool(&template, CKA_PRIVATE, false);
	kh_template_bool(&template, use, true);
	rv = KH_CALL(token->module, C_CreateObject, token->session, template.list, template.count, handle);
	if (kh_rv_kind(rv) == KH_RV_TEMPLATE)
		rv = KH_CALL(token->module, C_CreateObject, token->session, template.list, least, handle);
	return rv;
}

static enum kh_code write_public(struct kh_token *token, const struct kh_bytes *spki, const struct kh_order_mark *mark,
				 CK_ATTRIBUTE_TYPE use, struct kh_object **public_key, struct kh_error *error)
{
	bool is_sm2 = kh_spki_type((struct kh_span){spki->data, spki->length}) == KH_ANY_KEY_TYPE_SM2;
	const struct kh_profile *sm2 = is_sm2 ? kh_module_sm2(token->module) : NULL;
	KH_AUTO(kh_buffer_finish) struct kh_buffer normal = {0};
	struct kh_span span;
	CK_OBJECT_HANDLE handle;
	CK_RV rv = CKR_OK;

	if (is_sm2 && !sm2)
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	kh_spki_put_normal(&normal, (struct kh_span){spki->data, spki->length});
	span = (struct kh_span){(uint8_t *)normal.data, normal.length};
	for (enum marks marks = MARKS_BOTH; marks < MARKS_END; marks++) {
		rv = create_public(token, span, sm2, mark, marks, use, &handle);
		if (kh_rv_kind(rv) != KH_RV_TEMPLATE)
			break;
	}
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return kh_inventory_add(token, handle, CKO_PUBLIC_KEY, public_key, error);
}

enum kh_code kh_key_write_public(struct kh_token *token, const struct kh_bytes *spki, const struct kh_order_mark *mark,
				 struct kh_object **public_key, struct kh_error *error)
{
	return write_public(token, spki, mark, CKA_VERIFY, public_key, error);
}

enum kh_code kh_key_write_encrypting(struct kh_token *token, const struct kh_bytes *spki,
				     const struct kh_order_mark *mark, struct kh_error *error)
{
	return write_public(token, spki, mark, CKA_ENCRYPT, NULL, error);
}
