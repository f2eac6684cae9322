/* What one object of a token is, also one that is only half there. */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "profile.h"
#include "token/object.h"
#include "token/token.h"
#include "x509/name.h"

/* A certificate's value is asked for when it is known to be one: of a key it
 * would be the key. */
enum { CLASS, ID, LABEL, KEY, ALWAYS = KEY + 5, READS };
static const CK_ATTRIBUTE_TYPE first_types[READS] = {
	CKA_CLASS,     CKA_ID,	     CKA_LABEL,
	CKA_KEY_TYPE,  CKA_MODULUS,  CKA_PUBLIC_EXPONENT,
	CKA_EC_PARAMS, CKA_EC_POINT, CKA_ALWAYS_AUTHENTICATE,
};

void kh_object_finish(struct kh_object *object)
{
	kh_bytes_finish(&object->id);
	kh_bytes_finish(&object->spki);
	free(object->label);
	kh_certificate_free(object->certificate);
}

static CK_ULONG number_of(const struct kh_bytes *value)
{
	CK_ULONG number = CK_UNAVAILABLE_INFORMATION;

	if (value->length == sizeof(number))
		memcpy(&number, value->data, sizeof(number));
	return number;
}

static bool is_ours(CK_OBJECT_CLASS class)
{
	return class == CKO_CERTIFICATE || class == CKO_PUBLIC_KEY || class == CKO_PRIVATE_KEY;
}

static void clear(struct kh_bytes *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kh_bytes_finish(&values[i]);
}

/* One attribute. An error that does not come again must not pass for a gap, one
 * that is about the token itself neither. */
static CK_RV ask_one(struct kh_token *token, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, struct kh_bytes *out,
		     bool *missed)
{
	CK_RV rv = kh_object_ask(token, handle, &type, out, 1);

	if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID && !kh_token_in_trouble(token, rv))
		rv = kh_object_ask(token, handle, &type, out, 1);
	*missed = rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID && !kh_token_in_trouble(token, rv);
	return *missed ? CKR_OK : rv;
}

/* In small pieces: an attribute that a module stumbles over hides no other.
 * missed: one of those that every object of its class has. */
static CK_RV ask_each(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_bytes values[READS], bool *missed)
{
	CK_RV rv = CKR_OK;

	memset(values, 0, READS * sizeof(*values));
	for (size_t i = 0; i < READS && rv == CKR_OK; i++) {
		bool gap = false;

		rv = ask_one(token, handle, first_types[i], &values[i], &gap);
		*missed = *missed || (gap && i < KEY);
		/* What is not ours is left alone. */
		if (i == CLASS && !gap && !is_ours(number_of(&values[CLASS])))
			break;
	}
	if (rv != CKR_OK)
		clear(values, READS);
	return rv;
}

static CK_RV ask(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_bytes values[READS], bool *missed)
{
	CK_RV rv = kh_object_ask(token, handle, first_types, values, READS);

	/* NSS answers CKR_OK and nothing at all where it lacks one of them. */
	if (rv == CKR_OK && values[CLASS].length == 0)
		clear(values, READS);
	else if (rv == CKR_OK || rv == CKR_OBJECT_HANDLE_INVALID || kh_token_in_trouble(token, rv))
		return rv;
	return ask_each(token, handle, values, missed);
}

static CK_RV fill_certificate(struct kh_token *token, struct kh_object *object)
{
	struct kh_bytes value = {0};
	bool missed;
	CK_RV rv = ask_one(token, object->handle, CKA_VALUE, &value, &missed);

	if (rv != CKR_OK)
		return rv;
	object->certificate = kh_certificate_parse(value.data, value.length);
	object->torn = object->torn || missed || !object->certificate;
	kh_bytes_finish(&value);
	return CKR_OK;
}

static CK_RV fill_names(struct kh_object *object, struct kh_bytes *values)
{
	struct kh_buffer label = {0};

	object->key_type = KH_ANY_KEY_TYPE_OTHER;
	object->id = values[ID];
	values[ID] = (struct kh_bytes){0};
	kh_utf8_append(&label, values[LABEL].data, values[LABEL].length);
	object->label = label.data ? label.data : calloc(1, 1);
	return label.failed || !object->label ? CKR_HOST_MEMORY : CKR_OK;
}

static CK_RV fill(struct kh_token *token, struct kh_object *object, struct kh_bytes values[READS])
{
	CK_RV rv = fill_names(object, values);

	if (rv != CKR_OK)
		return rv;
	if (object->class == CKO_CERTIFICATE)
		return fill_certificate(token, object);
	object->asks_always = object->class == CKO_PRIVATE_KEY && values[ALWAYS].length == sizeof(CK_BBOOL) &&
			      values[ALWAYS].data[0] != CK_FALSE;
	token->asks_always = token->asks_always || object->asks_always;
	kh_object_set_spki(object, number_of(&values[KEY]), kh_module_sm2(token->module), values + KEY + 1);
	return CKR_OK;
}

CK_RV kh_object_take(struct kh_token *token, CK_OBJECT_HANDLE handle, bool tell, struct kh_object *out)
{
	struct kh_bytes values[READS];
	bool missed = false;
	CK_RV rv = ask(token, handle, values, &missed);

	*out = (struct kh_object){0};
	if (rv != CKR_OK)
		return rv;
	if (missed || is_ours(number_of(&values[CLASS]))) {
		*out = (struct kh_object){.handle = handle, .class = number_of(&values[CLASS]), .torn = missed};
		rv = fill(token, out, values);
	}
	clear(values, READS);
	if (rv != CKR_OK)
		kh_object_finish(out);
	else if (missed && tell)
		kh_log(KH_LOG_WARNING, "an object on the token cannot be read: it is left alone");
	return rv;
}

CK_RV kh_object_take_certificate(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_object *out)
{
	enum { VALUE = LABEL + 1, COUNT };
	static const CK_ATTRIBUTE_TYPE types[COUNT] = {CKA_CLASS, CKA_ID, CKA_LABEL, CKA_VALUE};
	struct kh_bytes values[COUNT];
	CK_RV rv = kh_object_ask(token, handle, types, values, COUNT);

	*out = (struct kh_object){.handle = handle, .class = CKO_CERTIFICATE};
	if (rv == CKR_OK && number_of(&values[CLASS]) == CKO_CERTIFICATE)
		out->certificate = kh_certificate_parse(values[VALUE].data, values[VALUE].length);
	if (out->certificate)
		rv = fill_names(out, values);
	if (rv == CKR_OK)
		clear(values, COUNT);
	if (!out->certificate)
		return kh_object_take(token, handle, true, out);
	if (rv != CKR_OK)
		kh_object_finish(out);
	return rv;
}
