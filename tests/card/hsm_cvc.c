/*
 * Card-verifiable certificates and requests (BSI TR-03110-3, C). OpenSC reads the
 * serial number and the public key in them and verifies no signature: here they
 * are zeros.
 */
#include <stdio.h>
#include <string.h>

#include "hsm.h"

enum {
	TAG_REQUEST = 0x67,
	TAG_CERTIFICATE = 0x7f21,
	TAG_BODY = 0x7f4e,
	TAG_VERSION = 0x5f29,
	TAG_AUTHORITY = 0x42,
	TAG_PUBLIC_KEY = 0x7f49,
	TAG_HOLDER = 0x5f20,
	TAG_SIGNATURE = 0x5f37,
	TAG_OID = 0x06,
	TAG_MODULUS = 0x81, /* of RSA; the prime of EC */
	TAG_EXPONENT = 0x82,
	TAG_POINT = 0x86,
	TAG_COFACTOR = 0x87
};

static const unsigned char no_signature[64], version[] = {0};
/* An OID alone: id-TA-ECDSA-SHA-256. */
static const unsigned char device_key[] = {0x06, 0x0a, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x03};
static const char authority[] = "UTTEST00001";

static void put_text(struct writer *writer, unsigned tag, const char *text)
{
	writer_put(writer, tag, text, strlen(text));
}

void cvc_write_device(struct writer *writer, const char *serial)
{
	char holder[32];
	size_t whole, inner;

	writer_init(writer);
	whole = writer->at;
	snprintf(holder, sizeof holder, "%s00001", serial);
	writer_put(writer, TAG_SIGNATURE, no_signature, sizeof no_signature);
	inner = writer->at;
	put_text(writer, TAG_HOLDER, holder);
	writer_put(writer, TAG_PUBLIC_KEY, device_key, sizeof device_key);
	put_text(writer, TAG_AUTHORITY, authority);
	writer_put(writer, TAG_VERSION, version, sizeof version);
	writer_wrap(writer, TAG_BODY, inner);
	writer_wrap(writer, TAG_CERTIFICATE, whole);
}

static bool copy(struct writer *writer, const struct tlv *from, unsigned tag)
{
	struct tlv element;

	if (!tlv_find(from->data, from->length, tag, &element))
		return false;
	writer_put(writer, tag, element.data, element.length);
	return true;
}

/* The domain parameters of EC come back as they were given, the point among them; RSA has modulus and exponent. */
static bool put_public_key(struct writer *writer, const struct tlv *wanted, const void *public_key, size_t length)
{
	bool ec = copy(writer, wanted, TAG_COFACTOR);

	if (ec) {
		writer_put(writer, TAG_POINT, public_key, length);
		for (unsigned tag = TAG_POINT - 1; tag >= TAG_MODULUS; tag--)
			if (!copy(writer, wanted, tag))
				return false;
		return copy(writer, wanted, TAG_OID);
	}
	if (!copy(writer, wanted, TAG_EXPONENT))
		return false;
	writer_put(writer, TAG_MODULUS, public_key, length);
	return copy(writer, wanted, TAG_OID);
}

bool cvc_write_request(struct writer *writer, const struct apdu *generate, const void *public_key, size_t length)
{
	const struct tlv all = {.data = generate->data, .length = generate->length};
	struct tlv wanted;
	size_t whole, certificate, body, key;

	if (!tlv_find(all.data, all.length, TAG_PUBLIC_KEY, &wanted))
		return false;
	writer_init(writer);
	whole = writer->at;
	writer_put(writer, TAG_SIGNATURE, no_signature, sizeof no_signature);
	put_text(writer, TAG_AUTHORITY, authority);
	certificate = writer->at;
	writer_put(writer, TAG_SIGNATURE, no_signature, sizeof no_signature);
	body = writer->at;
	if (!copy(writer, &all, TAG_HOLDER))
		return false;
	key = writer->at;
	if (!put_public_key(writer, &wanted, public_key, length))
		return false;
	writer_wrap(writer, TAG_PUBLIC_KEY, key);
	if (!copy(writer, &all, TAG_AUTHORITY))
		return false;
	writer_put(writer, TAG_VERSION, version, sizeof version);
	writer_wrap(writer, TAG_BODY, body);
	writer_wrap(writer, TAG_CERTIFICATE, certificate);
	writer_wrap(writer, TAG_REQUEST, whole);
	return true;
}
