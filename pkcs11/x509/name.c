/* Distinguished names as RFC 4514 text. */
#include "x509/name.h"

#include <string.h>

#include "x509/charset.h"

#define RDN_MAX 256 /* the last ones, which are shown first */
#define ELLIPSIS "\xe2\x80\xa6"

static const struct {
	const char *oid;
	const char *name;
} short_names[] = {
	{"2.5.4.3", "CN"},
	{"2.5.4.4", "SN"},
	{"2.5.4.5", "serialNumber"},
	{"2.5.4.6", "C"},
	{"2.5.4.7", "L"},
	{"2.5.4.8", "ST"},
	{"2.5.4.9", "street"},
	{"2.5.4.10", "O"},
	{"2.5.4.11", "OU"},
	{"2.5.4.12", "title"},
	{"2.5.4.13", "description"},
	{"2.5.4.15", "businessCategory"},
	{"2.5.4.17", "postalCode"},
	{"2.5.4.20", "telephoneNumber"},
	{"2.5.4.41", "name"},
	{"2.5.4.42", "GN"},
	{"2.5.4.43", "initials"},
	{"2.5.4.46", "dnQualifier"},
	{"2.5.4.65", "pseudonym"},
	{"2.5.4.97", "organizationIdentifier"},
	{"0.9.2342.19200300.100.1.1", "UID"},
	{"0.9.2342.19200300.100.1.25", "DC"},
	{"1.2.840.113549.1.9.1", "emailAddress"},
};

static void append_code_point(struct kh_buffer *out, uint32_t point)
{
	uint8_t utf8[4];
	size_t length;

	if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		point = 0xfffd;
	if (point < 0x80) {
		utf8[0] = (uint8_t)point;
		length = 1;
	} else if (point < 0x800) {
		utf8[0] = (uint8_t)(0xc0u | point >> 6);
		length = 2;
	} else if (point < 0x10000) {
		utf8[0] = (uint8_t)(0xe0u | point >> 12);
		length = 3;
	} else {
		utf8[0] = (uint8_t)(0xf0u | point >> 18);
		length = 4;
	}
	for (size_t i = 1; i < length; i++)
		utf8[i] = (uint8_t)(0x80u | (point >> 6 * (length - 1 - i) & 0x3fu));
	kh_buffer_append(out, utf8, length);
}

static void append_wide(struct kh_buffer *out, struct kh_span text, size_t width)
{
	for (size_t i = 0; i + width <= text.length; i += width) {
		uint32_t point = 0;

		for (size_t k = 0; k < width; k++)
			point = point << 8 | text.data[i + k];
		if (width == 2 && point >= 0xd800 && point < 0xdc00 && i + 4 <= text.length) {
			uint32_t low = (uint32_t)text.data[i + 2] << 8 | text.data[i + 3];
			if (low >= 0xdc00 && low < 0xe000) {
				point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		append_code_point(out, point);
	}
}

static bool append_wide_or_other(struct kh_buffer *out, struct kh_span text, size_t width)
{
	if (text.length % width > 0)
		return kh_charset_append(out, text.data, text.length);
	append_wide(out, text, width);
	return true;
}

bool kh_name_value(const struct kh_tlv *value, struct kh_buffer *out)
{
	switch (value->tag) {
	case KH_DER_UTF8:
	case KH_DER_NUMERIC:
	case KH_DER_PRINTABLE:
	case KH_DER_IA5:
	case KH_DER_VISIBLE:
	case KH_DER_GENERAL:
		return kh_charset_append(out, value->body.data, value->body.length);
	case KH_DER_T61:
		/* Latin-1 by custom where it is nothing else. */
		if (!kh_charset_append(out, value->body.data, value->body.length))
			append_wide(out, value->body, 1);
		return true;
	case KH_DER_BMP:
		return append_wide_or_other(out, value->body, 2);
	case KH_DER_UNIVERSAL:
		return append_wide_or_other(out, value->body, 4);
	default:
		return false;
	}
}

static void append_escaped(struct kh_buffer *out, const char *text, size_t length)
{
	size_t from = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		bool edge = (i == 0 && (c == '#' || c == ' ')) || (i + 1 == length && c == ' ');
		bool control = c < 0x20 || c == 0x7f;

		if (!control && !edge && !strchr("\"+,;<>\\", c))
			continue;
		kh_buffer_append(out, text + from, i - from);
		kh_buffer_printf(out, control ? "\\%02X" : "\\%c", c);
		from = i + 1;
	}
	kh_buffer_append(out, text + from, length - from);
}

static const char *short_name(const char *oid)
{
	for (size_t i = 0; i < sizeof(short_names) / sizeof(short_names[0]); i++) {
		if (strcmp(short_names[i].oid, oid) == 0)
			return short_names[i].name;
	}
	return NULL;
}

static void append_hex(struct kh_buffer *out, struct kh_span bytes)
{
	kh_buffer_append_text(out, "#");
	for (size_t i = 0; i < bytes.length && out->length <= KH_NAME_TEXT; i++)
		kh_buffer_printf(out, "%02X", bytes.data[i]);
}

/* Takes an AttributeTypeAndValue off an RDN. */
static bool next_attribute(struct kh_span *rdn, struct kh_tlv *type, struct kh_tlv *value)
{
	struct kh_tlv pair;

	return kh_der_expect(rdn, KH_DER_SEQUENCE, &pair) && kh_der_expect(&pair.body, KH_DER_OID, type) &&
	       kh_der_next(&pair.body, value) && pair.body.length == 0;
}

/* Its short name, else dotted; a number too long for that in hex. Values of types
 * without a name are shown in hex (RFC 4514, 2.4). */
static bool append_type(struct kh_buffer *out, struct kh_span type)
{
	char oid[KH_OID_TEXT];
	const char *name = NULL;

	if (kh_der_oid_text(type, oid, sizeof(oid))) {
		name = short_name(oid);
		kh_buffer_append_text(out, name ? name : oid);
	} else {
		append_hex(out, type);
	}
	kh_buffer_append_text(out, "=");
	return name;
}

static void append_attribute(struct kh_buffer *out, const struct kh_tlv *type, const struct kh_tlv *value)
{
	struct kh_buffer text = {0};

	if (append_type(out, type->body) && kh_name_value(value, &text))
		append_escaped(out, text.data ? text.data : "", text.length);
	else
		append_hex(out, value->whole);
	out->failed = out->failed || text.failed;
	kh_buffer_finish(&text);
}

static bool append_rdn(struct kh_buffer *out, struct kh_span rdn)
{
	struct kh_tlv type;
	struct kh_tlv value;

	while (rdn.length > 0) {
		if (!next_attribute(&rdn, &type, &value))
			return false;
		append_attribute(out, &type, &value);
		if (rdn.length > 0)
			kh_buffer_append_text(out, "+");
	}
	return true;
}

/* false: it is no Name. */
static bool append_name(struct kh_buffer *out, struct kh_span name)
{
	struct kh_span rdns[RDN_MAX];
	struct kh_tlv list;
	struct kh_tlv rdn;
	size_t count = 0, from = out->length;

	if (!kh_der_expect(&name, KH_DER_SEQUENCE, &list))
		return false;
	while (list.body.length > 0) {
		if (!kh_der_expect(&list.body, KH_DER_SET, &rdn))
			return false;
		rdns[count++ % RDN_MAX] = rdn.body;
	}
	for (size_t i = count; i > 0 && out->length - from <= KH_NAME_TEXT; i--) {
		if (i < count)
			kh_buffer_append_text(out, ",");
		if (count - i == RDN_MAX) {
			kh_buffer_append_text(out, ELLIPSIS);
			break;
		}
		if (!append_rdn(out, rdns[(i - 1) % RDN_MAX]))
			return false;
	}
	return true;
}

void kh_utf8_shorten(struct kh_buffer *out, size_t from, size_t most)
{
	size_t end = from + most - strlen(ELLIPSIS);

	if (out->failed || out->length - from <= most)
		return;
	while (((unsigned char)out->data[end] & 0xc0u) == 0x80u)
		end--;
	kh_buffer_cut(out, end);
	kh_buffer_append_text(out, ELLIPSIS);
}

void kh_name_text(struct kh_span name, struct kh_buffer *out)
{
	size_t from = out->length;

	kh_buffer_append(out, "", 0);
	if (!append_name(out, name)) {
		kh_buffer_cut(out, from);
		append_hex(out, name);
	}
	kh_utf8_shorten(out, from, KH_NAME_TEXT);
}

bool kh_name_find(struct kh_span name, const char *wanted, struct kh_buffer *out)
{
	struct kh_tlv list;
	struct kh_tlv rdn;
	struct kh_tlv type;
	struct kh_tlv value;
	char oid[KH_OID_TEXT];

	if (!kh_der_expect(&name, KH_DER_SEQUENCE, &list))
		return false;
	while (kh_der_expect(&list.body, KH_DER_SET, &rdn)) {
		while (next_attribute(&rdn.body, &type, &value)) {
			if (kh_der_oid_text(type.body, oid, sizeof(oid)) && strcmp(oid, wanted) == 0)
				return kh_name_value(&value, out);
		}
	}
	return false;
}
