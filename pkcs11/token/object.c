/* Reading objects and their attributes. */
#include "token/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "profile.h"
#include "token/token.h"
#include "x509/name.h"

#define ATTRIBUTES_MAX 9
#define GUESS 2048 /* most values fit: one C_ call instead of two */

/* Results that say only that some attribute is absent, hidden or larger. */
static bool is_partial(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_BUFFER_TOO_SMALL;
}

static CK_RV read_larger(struct kh_token *token, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, struct kh_bytes *out)
{
	CK_ATTRIBUTE attribute = {type, NULL, 0};
	CK_RV rv = KH_CALL(token->module, C_GetAttributeValue, token->session, handle, &attribute, 1);
	CK_ULONG room = attribute.ulValueLen;

	if (rv != CKR_OK)
		return is_partial(rv) ? CKR_OK : rv;
	if (room == CK_UNAVAILABLE_INFORMATION || room > KH_BUFFER_MAX)
		return CKR_OK;
	out->data = calloc(1, room + 1);
	if (!out->data)
		return CKR_HOST_MEMORY;
	attribute.pValue = out->data;
	rv = KH_CALL(token->module, C_GetAttributeValue, token->session, handle, &attribute, 1);
	/* Some say CKR_OK and CK_UNAVAILABLE_INFORMATION even now. */
	if (rv == CKR_OK && attribute.ulValueLen <= room)
		out->length = attribute.ulValueLen;
	return is_partial(rv) ? CKR_OK : rv;
}

/* A value that was left alone or is larger than the guess is asked for again;
 * some modules stop at the first attribute an object does not have. */
static CK_RV take(struct kh_token *token, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *attribute, CK_RV all,
		  struct kh_bytes *out)
{
	bool unread = attribute->ulValueLen == CK_UNAVAILABLE_INFORMATION && all == CKR_BUFFER_TOO_SMALL;

	if (unread || (attribute->ulValueLen >= GUESS && attribute->ulValueLen != CK_UNAVAILABLE_INFORMATION) ||
	    (attribute->ulValueLen == CK_UNAVAILABLE_INFORMATION && attribute->type == CKA_VALUE))
		return read_larger(token, handle, attribute->type, out);
	if (attribute->ulValueLen == CK_UNAVAILABLE_INFORMATION)
		return CKR_OK;
	return kh_bytes_copy(out, attribute->pValue, attribute->ulValueLen) == KH_OK ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV kh_object_ask(struct kh_token *token, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE_TYPE *types,
		    struct kh_bytes *values, size_t count)
{
	CK_ATTRIBUTE attributes[ATTRIBUTES_MAX];
	uint8_t guesses[ATTRIBUTES_MAX][GUESS];
	CK_RV all;
	CK_RV rv;

	for (size_t i = 0; i < count; i++) {
		values[i] = (struct kh_bytes){0};
		attributes[i] = (CK_ATTRIBUTE){types[i], guesses[i], GUESS};
	}
	token->module->about.attributes_count = count;
	rv = KH_CALL_ON(token->module, attributes, types, C_GetAttributeValue, token->session, handle, attributes,
			(CK_ULONG)count);
	all = rv;
	if (is_partial(rv))
		rv = CKR_OK;
	for (size_t i = 0; i < count && rv == CKR_OK; i++)
		rv = take(token, handle, &attributes[i], all, &values[i]);
	for (size_t i = 0; i < count && rv != CKR_OK; i++)
		kh_bytes_finish(&values[i]);
	return rv;
}

enum kh_code kh_object_read(struct kh_token *token, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE_TYPE *types,
			    struct kh_bytes *values, size_t count, struct kh_error *error)
{
	CK_RV rv = kh_object_ask(token, handle, types, values, count);

	return rv == CKR_OK ? KH_OK : kh_module_fail(token->module, rv, error);
}

static struct kh_span span_of(const struct kh_bytes *bytes)
{
	return (struct kh_span){bytes->data, bytes->length};
}

void kh_object_set_spki(struct kh_object *object, CK_KEY_TYPE type, const struct kh_profile *sm2,
			const struct kh_bytes values[4])
{
	struct kh_buffer spki = {0};

	/* A vendor's key type is the curve, whatever CKA_EC_PARAMS has of it. */
	if (sm2 && type == sm2->sm2_key_type && values[3].length)
		kh_spki_put_ec(&spki, kh_curve_oid(KH_ANY_KEY_TYPE_SM2), span_of(&values[3]));
	else if (type == CKK_RSA && values[0].length && values[1].length)
		kh_spki_put_rsa(&spki, span_of(&values[0]), span_of(&values[1]));
	else if (type == CKK_EC && values[2].length && values[3].length)
		kh_spki_put_ec(&spki, span_of(&values[2]), span_of(&values[3]));
	else if (type == CKK_EC_EDWARDS && values[3].length)
		kh_spki_put_ec(&spki, kh_curve_oid(KH_ANY_KEY_TYPE_ED25519), span_of(&values[3]));
	if (spki.length > 0 && !spki.failed) {
		object->spki = (struct kh_bytes){(uint8_t *)spki.data, spki.length};
		object->key_type = kh_spki_type((struct kh_span){object->spki.data, object->spki.length});
		kh_sha256_hex(object->spki.data, object->spki.length, object->spki_id);
		return;
	}
	kh_buffer_finish(&spki);
}
