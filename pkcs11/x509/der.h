/*
 * A small reader and writer of DER (X.690): definite lengths only, no copies.
 * The reader never looks outside the span it was given. The writer appends to
 * a kh_buffer, whose failed flag says when memory ran out.
 */
#ifndef KH_PKCS11_X509_DER_H
#define KH_PKCS11_X509_DER_H

#include "bytes.h"

enum {
	KH_DER_BOOLEAN = 0x01,
	KH_DER_INTEGER = 0x02,
	KH_DER_BIT_STRING = 0x03,
	KH_DER_OCTET_STRING = 0x04,
	KH_DER_NULL = 0x05,
	KH_DER_OID = 0x06,
	KH_DER_UTF8 = 0x0c,
	KH_DER_NUMERIC = 0x12,
	KH_DER_PRINTABLE = 0x13,
	KH_DER_T61 = 0x14,
	KH_DER_IA5 = 0x16,
	KH_DER_UTC_TIME = 0x17,
	KH_DER_GENERALIZED_TIME = 0x18,
	KH_DER_VISIBLE = 0x1a,
	KH_DER_GENERAL = 0x1b,
	KH_DER_UNIVERSAL = 0x1c,
	KH_DER_BMP = 0x1e,
	KH_DER_SEQUENCE = 0x30,
	KH_DER_SET = 0x31,
	KH_DER_CONTEXT = 0xa0, /* constructed, + number */
};

/* Room for the text of any OID that somebody may look for or be shown. */
#define KH_OID_TEXT 256

struct kh_span {
	const uint8_t *data;
	size_t length;
};

struct kh_tlv {
	unsigned tag;
	struct kh_span body;
	struct kh_span whole; /* with tag and length */
};

bool kh_span_equal(struct kh_span a, struct kh_span b);

/* Takes the next element off the front of in; false at the end or when it is
 * not DER. An element whose tag has several bytes is passed over like any other;
 * its tag is given as the first byte, which none of ours is. */
bool kh_der_next(struct kh_span *in, struct kh_tlv *out);
/* The same, and its tag must be this one. */
bool kh_der_expect(struct kh_span *in, unsigned tag, struct kh_tlv *out);
/* Takes it only when the next element has this tag. */
bool kh_der_optional(struct kh_span *in, unsigned tag, struct kh_tlv *out);

/* Dotted text of an OID's body, with numbers of any length (those under 2.25 are
 * UUIDs of 128 bits); false when it does not fit or is malformed. Whoever looks
 * for a known OID then knows that it is another one. */
bool kh_der_oid_text(struct kh_span body, char *text, size_t size);

void kh_der_put(struct kh_buffer *out, unsigned tag, const void *body, size_t length);
/* A non-negative INTEGER from big-endian bytes. */
void kh_der_put_unsigned(struct kh_buffer *out, const uint8_t *number, size_t length);
/* Puts tag and length before what was appended since from. */
void kh_der_wrap(struct kh_buffer *out, size_t from, unsigned tag);

#endif
