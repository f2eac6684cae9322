/* Making key pairs. */
#include "key.h"

#include "template.h"
#include "token.h"

static const CK_ULONG class_public = CKO_PUBLIC_KEY;
static const CK_ULONG type_rsa = CKK_RSA;
static const CK_ULONG type_ec = CKK_EC;
static const CK_ULONG type_edwards = CKK_EC_EDWARDS;
static const uint8_t exponent[] = {1, 0, 1};

/* PKCS#11 v3.0 names the curve by its OID; SoftHSM and older texts by a
 * PrintableString. */
static const uint8_t edwards_name[] = "\x13\x0c" "edwards25519";

/* How much of the template is asked for. */
enum ask { ASK_ALL, ASK_NO_UNWRAP, ASK_LITTLE, ASK_END };

struct plan {
	enum kh_key_type type;
	CK_MECHANISM_TYPE mechanism;
	const CK_ULONG *key_type;
	CK_ULONG bits; /* RSA */
	enum kh_any_key_type curve;
};

static const struct plan plans[] = {
	{KH_KEY_TYPE_RSA2048, CKM_RSA_PKCS_KEY_PAIR_GEN, &type_rsa, 2048, KH_ANY_KEY_TYPE_NONE},
	{KH_KEY_TYPE_RSA3072, CKM_RSA_PKCS_KEY_PAIR_GEN, &type_rsa, 3072, KH_ANY_KEY_TYPE_NONE},
	{KH_KEY_TYPE_RSA4096, CKM_RSA_PKCS_KEY_PAIR_GEN, &type_rsa, 4096, KH_ANY_KEY_TYPE_NONE},
	{KH_KEY_TYPE_EC_P256, CKM_EC_KEY_PAIR_GEN, &type_ec, 0, KH_ANY_KEY_TYPE_EC_P256},
	{KH_KEY_TYPE_EC_P384, CKM_EC_KEY_PAIR_GEN, &type_ec, 0, KH_ANY_KEY_TYPE_EC_P384},
	{KH_KEY_TYPE_ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN, &type_edwards, 0, KH_ANY_KEY_TYPE_ED25519},
};

static const struct plan *find_plan(enum kh_key_type type)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (plans[i].type == type)
			return &plans[i];
	}
	return NULL;
}

static void add_mark(struct kh_template *template, const struct kh_order_mark *mark)
{
	kh_template_bool(template, CKA_TOKEN, true);
	kh_template_add(template, CKA_ID, mark->id, sizeof(mark->id));
	kh_template_text(template, CKA_LABEL, mark->label);
}

static void public_template(struct kh_template *template, const struct plan *plan, const struct kh_order_mark *mark,
			    enum ask ask, bool named_curve)
{
	template->count = 0;
	add_mark(template, mark);
	if (plan->bits) {
		kh_template_number(template, CKA_MODULUS_BITS, &plan->bits);
		kh_template_add(template, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	} else if (named_curve) {
		kh_template_add(template, CKA_EC_PARAMS, edwards_name, sizeof(edwards_name) - 1);
	} else {
		kh_template_span(template, CKA_EC_PARAMS, kh_spki_curve(plan->curve));
	}
	if (ask == ASK_LITTLE)
		return;
	kh_template_bool(template, CKA_PRIVATE, false);
	kh_template_bool(template, CKA_VERIFY, true);
	if (plan->bits && ask == ASK_ALL) {
		kh_template_bool(template, CKA_ENCRYPT, true);
		kh_template_bool(template, CKA_WRAP, true);
	}
}

static void private_template(struct kh_template *template, const struct plan *plan, const struct kh_order_mark *mark,
			     enum ask ask)
{
	template->count = 0;
	add_mark(template, mark);
	kh_template_bool(template, CKA_PRIVATE, true);
	kh_template_bool(template, CKA_SIGN, true);
	if (ask == ASK_LITTLE)
		return;
	kh_template_bool(template, CKA_SENSITIVE, true);
	kh_template_bool(template, CKA_EXTRACTABLE, false);
	if (plan->bits && ask == ASK_ALL) {
		kh_template_bool(template, CKA_DECRYPT, true);
		kh_template_bool(template, CKA_UNWRAP, true);
	}
}

static CK_RV generate(struct kh_token *token, const struct plan *plan, const struct kh_order_mark *mark,
		      bool named_curve, CK_OBJECT_HANDLE handles[2])
{
	CK_MECHANISM mechanism = {plan->mechanism, NULL, 0};
	struct kh_template public;
	struct kh_template private;
	CK_RV rv = CKR_OK;

	for (enum ask ask = ASK_ALL; ask < ASK_END; ask++) {
		public_template(&public, plan, mark, ask, named_curve);
		private_template(&private, plan, mark, ask);
		rv = KH_CALL(token->module, C_GenerateKeyPair, token->session, &mechanism, public.list, public.count,
			     private.list, private.count, &handles[0], &handles[1]);
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

enum kh_code kh_key_generate(struct kh_token *token, enum kh_key_type type, const struct kh_order_mark *mark,
			     struct kh_object **public_key, struct kh_error *error)
{
	const struct plan *plan = find_plan(type);
	CK_OBJECT_HANDLE handles[2] = {0, 0};
	enum kh_code code;
	CK_RV rv;

	if (!plan)
		return kh_fail(error, KH_TOKEN_UNSUPPORTED);
	rv = generate(token, plan, mark, false, handles);
	if (curve_refused(rv) && type == KH_KEY_TYPE_ED25519)
		rv = generate(token, plan, mark, true, handles);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	code = kh_inventory_add(token, handles[1], CKO_PRIVATE_KEY, NULL, error);
	if (code == KH_OK)
		code = kh_inventory_add(token, handles[0], CKO_PUBLIC_KEY, public_key, error);
	return code;
}

static void put_public(struct kh_template *template, struct kh_span spki, struct kh_buffer *point)
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
	} else if (kh_spki_bits(spki, &bits)) {
		kh_der_put(point, KH_DER_OCTET_STRING, bits.data, bits.length);
		kh_template_number(template, CKA_KEY_TYPE,
				   type == KH_ANY_KEY_TYPE_ED25519 ? &type_edwards : &type_ec);
		kh_template_span(template, CKA_EC_PARAMS, kh_spki_curve(type));
		kh_template_add(template, CKA_EC_POINT, point->data, point->length);
	}
}

enum kh_code kh_key_write_public(struct kh_token *token, const struct kh_bytes *spki, const struct kh_order_mark *mark,
				 struct kh_object **public_key, struct kh_error *error)
{
	struct kh_template template = {.count = 0};
	struct kh_buffer point = {0};
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	put_public(&template, (struct kh_span){spki->data, spki->length}, &point);
	add_mark(&template, mark);
	kh_template_bool(&template, CKA_PRIVATE, false);
	kh_template_bool(&template, CKA_VERIFY, true);
	rv = KH_CALL(token->module, C_CreateObject, token->session, template.list, template.count, &handle);
	kh_buffer_finish(&point);
	if (rv != CKR_OK)
		return kh_module_fail(token->module, rv, error);
	return kh_inventory_add(token, handle, CKO_PUBLIC_KEY, public_key, error);
}
