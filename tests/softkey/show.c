/*
 * Public keys and PIN habits as some tokens show them: lines of the token file.
 *
 *     curve=oid | name | explicit          CKA_EC_PARAMS
 *     point=octet | raw | bits | short | none   CKA_EC_POINT; short: compressed
 */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/objects.h>

#include "softkey.h"

static EC_GROUP *group_of(const struct object *object)
{
	const char *curve = key_curve(object, attribute_number(object, CKA_KEY_TYPE));
	int nid = curve ? EC_curve_nist2nid(curve) : NID_undef;

	if (nid == NID_undef && curve && strcmp(curve, "SM2") == 0)
		nid = NID_sm2;
	return nid == NID_undef ? NULL : EC_GROUP_new_by_curve_name(nid);
}

static void put_name(struct shown *shown, const char *name)
{
	shown->value[0] = 0x13;
	shown->value[1] = (unsigned char)strlen(name);
	memcpy(shown->value + 2, name, strlen(name));
	shown->length = strlen(name) + 2;
}

static bool show_curve(const struct object *object, const char *form, struct shown *shown)
{
	unsigned char *at = shown->value;
	EC_GROUP *group;
	int length = 0;

	if (strcmp(form, "oid") == 0 || form[0] == 0)
		return false;
	group = group_of(object);
	if (strcmp(form, "name") == 0) {
		put_name(shown, !group						  ? "edwards25519"
				: EC_GROUP_get_curve_name(group) == NID_secp384r1 ? "secp384r1"
										  : "secp256r1");
	} else if (group) {
		EC_GROUP_set_asn1_flag(group, OPENSSL_EC_EXPLICIT_CURVE);
		length = i2d_ECPKParameters(group, NULL) <= (int)sizeof shown->value ? i2d_ECPKParameters(group, &at)
										     : 0;
		shown->length = (size_t)length;
	}
	EC_GROUP_free(group);
	return shown->length > 0;
}

/* In a TLV; pad: with the octet of unused bits before it. */
static void put_wrapped(struct shown *shown, unsigned char tag, bool pad, const unsigned char *bytes, size_t length)
{
	shown->value[0] = tag;
	shown->value[1] = (unsigned char)(length + pad);
	shown->value[2] = 0;
	memcpy(shown->value + 2 + pad, bytes, length);
	shown->length = length + 2 + pad;
}

/* kept: an OCTET STRING with less than 128 bytes in it. */
static bool show_point(const struct attribute *kept, const char *form, struct shown *shown)
{
	unsigned char *inner = kept->value + 2, compressed[64];
	size_t length = kept->length - 2;

	if (strcmp(form, "raw") == 0) {
		memcpy(shown->value, inner, length);
		shown->length = length;
	} else if (strcmp(form, "bits") == 0) {
		put_wrapped(shown, 0x03, true, inner, length);
	} else if (strcmp(form, "short") == 0 && inner[0] == 4) {
		compressed[0] = inner[length - 1] & 1 ? 3 : 2;
		memcpy(compressed + 1, inner + 1, length / 2);
		put_wrapped(shown, 0x04, false, compressed, length / 2 + 1);
	}
	return shown->length > 0;
}

bool show_attribute(const struct object *object, const struct attribute *kept, struct shown *shown)
{
	struct token token;

	shown->length = 0;
	if ((kept->type != CKA_EC_PARAMS && kept->type != CKA_EC_POINT && kept->type != CKA_ALWAYS_AUTHENTICATE) ||
	    slot_token(object->slot, &token) != CKR_OK)
		return false;
	if (kept->type == CKA_EC_PARAMS)
		return show_curve(object, token.curve, shown);
	if (kept->type == CKA_EC_POINT)
		return show_point(kept, token.point, shown);
	shown->value[0] = token.always == ALWAYS_TOLD;
	shown->length = 1;
	return true;
}

bool show_hides(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	struct token token;

	return type == CKA_EC_POINT && slot_token(object->slot, &token) == CKR_OK && strcmp(token.point, "none") == 0;
}
