/* Envelopes of encryption keys: what is one, cut at every byte, with wrong lengths. */
#include "x509/envelope.h"

#include <stdlib.h>
#include <string.h>

#include "issue.h"
#include "key/decrypt.h"

/* By openssl and sm4-ecb, 241 bytes as GM/T 0009 has it; the x of the cipher begins with a zero byte. */
static const char sm2_text[] =
	"3081ee300a06082a811ccf550168013079022100d6c61012fc0b18b89997338ac82377957e4c3d66f70f5b788b506913"
	"9d29d0b9022045b8a76802ce3dc6d0f23bdcdff4ef10673396c387509a48aef231a02d1f340004208aa696dfffe6f686"
	"6cfdab56dbb578117103a381ef5b3b17308c59b21947bfb20410ea71184dccd26f8dfe81437214604ddb0342000474b6"
	"9de0568b2d034207be1cec32742586e489ab73469f8d6c7c9f8063300a37b0eca200fcbed64c710edded1c773359330d"
	"20c3c0f6d2c4ab06ec4a2e7e3661032100d24a722ef30527676135ae43550106fed6b4bc44b08450f2875bb042bdbcc5"
	"5f";
#define SM2_LENGTH 241
#define OID_AT 7     /* of the algorithm */
#define X_AT 17	     /* the cipher's first INTEGER */
#define POINT_AT 138 /* BIT STRING */
#define KEY_AT 206   /* BIT STRING */

static uint8_t sm2[SM2_LENGTH];
static struct kh_buffer sm2_signer;
static struct kh_buffer rsa_signer;

static void take_key(enum kh_any_key_type type, struct kh_buffer *out)
{
	EVP_PKEY *key = make_key(type);
	unsigned char *der = NULL;
	int length = i2d_PUBKEY(key, &der);

	kh_buffer_append(out, der, (size_t)length);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < SM2_LENGTH; i++) {
		const char digits[] = {sm2_text[2 * i], sm2_text[2 * i + 1], '\0'};

		sm2[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	take_key(KH_ANY_KEY_TYPE_SM2, &sm2_signer);
	take_key(KH_ANY_KEY_TYPE_RSA2048, &rsa_signer);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kh_buffer_finish(&sm2_signer);
	kh_buffer_finish(&rsa_signer);
	return 0;
}

/* From a block of its very own length. */
static bool reads(enum kh_import_algorithm format, const struct kh_buffer *signer, const uint8_t *data, size_t length,
		  struct kh_envelope *out)
{
	struct kh_bytes bytes = {malloc(length + (length == 0)), length};
	bool good;

	memcpy(bytes.data, data, length);
	good = kh_envelope_read(format, &bytes, (struct kh_span){(uint8_t *)signer->data, signer->length}, out);
	free(bytes.data);
	return good;
}

static bool reads_sm2(const uint8_t *data, size_t length)
{
	struct kh_envelope envelope;

	return reads(KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY, &sm2_signer, data, length, &envelope);
}

static bool reads_rsa(const uint8_t *data, size_t length)
{
	struct kh_envelope envelope;

	return reads(KH_IMPORT_ALGORITHM_RSA_AES_KW, &rsa_signer, data, length, &envelope);
}

static void test_sm2_parts(void **state)
{
	const struct kh_bytes bytes = {sm2, SM2_LENGTH};
	struct kh_envelope envelope;

	(void)state;
	assert_true(kh_envelope_read(KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY, &bytes,
				     (struct kh_span){(uint8_t *)sm2_signer.data, sm2_signer.length}, &envelope));
	assert_ptr_equal(envelope.point.data, sm2 + POINT_AT + 3);
	assert_int_equal(envelope.point.length, 65);
	assert_ptr_equal(envelope.key.data, sm2 + KEY_AT + 3);
	assert_int_equal(envelope.key.length, 32);
	assert_int_equal(envelope.cipher.text.length, 16);
	assert_memory_equal(envelope.cipher.point, sm2 + X_AT + 3, 32);
	assert_memory_equal(envelope.cipher.point + 32, sm2 + X_AT + 35 + 2, 32);
}

static void test_every_truncation(void **state)
{
	(void)state;
	assert_true(reads_sm2(sm2, SM2_LENGTH));
	for (size_t length = 0; length < SM2_LENGTH; length++)
		assert_false(reads_sm2(sm2, length));
}

/* Tags and lengths changed are noticed; the content of numbers and keys may be anything. */
static void test_changed_bytes(void **state)
{
	static const size_t structure[] = {0,
					   1,
					   2,
					   3,
					   4,
					   5,
					   6,
					   OID_AT,
					   OID_AT + 7,
					   15,
					   16,
					   X_AT,
					   X_AT + 1,
					   POINT_AT,
					   POINT_AT + 1,
					   POINT_AT + 2,
					   POINT_AT + 3,
					   KEY_AT,
					   KEY_AT + 1,
					   KEY_AT + 2};
	uint8_t changed[SM2_LENGTH + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(structure) / sizeof(structure[0]); i++) {
		memcpy(changed, sm2, SM2_LENGTH);
		changed[structure[i]] ^= 0x41;
		if (reads_sm2(changed, SM2_LENGTH))
			fail_msg("a change of byte %zu is not noticed", structure[i]);
	}
	memcpy(changed, sm2, SM2_LENGTH);
	changed[SM2_LENGTH] = 0;
	assert_false(reads_sm2(changed, SM2_LENGTH + 1));
}

static void put_sm2(struct kh_buffer *out, size_t coordinate, size_t hash, size_t text, size_t point, size_t key)
{
	static const uint8_t oid[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68};
	static const uint8_t bytes[129] = {0, 4, 1};
	size_t from;

	kh_der_put(out, KH_DER_OID, oid, sizeof(oid));
	kh_der_put(out, KH_DER_NULL, NULL, 0);
	kh_der_wrap(out, 0, KH_DER_SEQUENCE);
	from = out->length;
	kh_der_put(out, KH_DER_INTEGER, bytes + 1, coordinate);
	kh_der_put(out, KH_DER_INTEGER, bytes + 1, coordinate);
	kh_der_put(out, KH_DER_OCTET_STRING, bytes, hash);
	kh_der_put(out, KH_DER_OCTET_STRING, bytes, text);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	kh_der_put(out, KH_DER_BIT_STRING, bytes, point + 1);
	kh_der_put(out, KH_DER_BIT_STRING, bytes, key + 1);
	kh_der_wrap(out, 0, KH_DER_SEQUENCE);
}

static void test_sm2_lengths(void **state)
{
	static const struct {
		size_t coordinate, hash, text, point, key;
		bool good;
	} rows[] = {
		{32, 32, 16, 65, 32, true},  {1, 32, 16, 65, 32, true},	  {32, 32, 16, 65, 64, true},
		{33, 32, 16, 65, 32, false}, {0, 32, 16, 65, 32, false},  {32, 31, 16, 65, 32, false},
		{32, 33, 16, 65, 32, false}, {32, 32, 15, 65, 32, false}, {32, 32, 32, 65, 32, false},
		{32, 32, 0, 65, 32, false},  {32, 32, 16, 64, 32, false}, {32, 32, 16, 33, 32, false},
		{32, 32, 16, 0, 32, false},  {32, 32, 16, 65, 0, false},  {32, 32, 16, 65, 31, false},
		{32, 32, 16, 65, 48, false}, {32, 32, 16, 65, 96, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_buffer out = {0};

		put_sm2(&out, rows[i].coordinate, rows[i].hash, rows[i].text, rows[i].point, rows[i].key);
		if (reads_sm2((uint8_t *)out.data, out.length) != rows[i].good)
			fail_msg("row %zu", i);
		kh_buffer_finish(&out);
	}
}

static void test_rsa_lengths(void **state)
{
	static const uint8_t bytes[2048];
	struct kh_envelope envelope;

	(void)state;
	for (size_t length = 0; length < sizeof(bytes); length++)
		assert_int_equal(reads_rsa(bytes, length), length >= 256 + 16 && length % 8 == 0);
	assert_true(reads(KH_IMPORT_ALGORITHM_RSA_AES_KW, &rsa_signer, bytes, 256 + 24, &envelope));
	assert_int_equal(envelope.session.length, 256);
	assert_int_equal(envelope.key.length, 24);
}

static void test_formats_and_keys(void **state)
{
	struct kh_envelope envelope;

	(void)state;
	assert_false(reads(KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY, &rsa_signer, sm2, SM2_LENGTH, &envelope));
	assert_false(reads(KH_IMPORT_ALGORITHM_RSA_AES_KW, &sm2_signer, sm2, SM2_LENGTH - 1, &envelope));
	assert_false(reads(KH_IMPORT_ALGORITHM_NONE, &sm2_signer, sm2, SM2_LENGTH, &envelope));
}

static void test_cipher_forms(void **state)
{
	const struct kh_bytes bytes = {sm2, SM2_LENGTH};
	struct kh_envelope envelope;
	struct kh_buffer out = {0};

	(void)state;
	assert_true(kh_envelope_read(KH_IMPORT_ALGORITHM_SM2_ENVELOPED_KEY, &bytes,
				     (struct kh_span){(uint8_t *)sm2_signer.data, sm2_signer.length}, &envelope));
	kh_sm2_cipher_put(&out, &envelope.cipher, KH_PROFILE_CIPHER_CIPHER_DER);
	assert_int_equal(out.length, POINT_AT - X_AT + 2);
	assert_memory_equal(out.data, sm2 + X_AT - 2, out.length);
	kh_buffer_cut(&out, 0);
	kh_sm2_cipher_put(&out, &envelope.cipher, KH_PROFILE_CIPHER_CIPHER_C1C3C2);
	assert_int_equal(out.length, 65 + 32 + 16);
	assert_int_equal(out.data[0], 4);
	assert_memory_equal(out.data + 65, envelope.cipher.hash.data, 32);
	assert_memory_equal(out.data + 97, envelope.cipher.text.data, 16);
	kh_buffer_cut(&out, 0);
	kh_sm2_cipher_put(&out, &envelope.cipher, KH_PROFILE_CIPHER_CIPHER_C1C2C3);
	assert_memory_equal(out.data + 65, envelope.cipher.text.data, 16);
	assert_memory_equal(out.data + 81, envelope.cipher.hash.data, 32);
	kh_buffer_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sm2_parts),     cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_changed_bytes), cmocka_unit_test(test_sm2_lengths),
		cmocka_unit_test(test_rsa_lengths),   cmocka_unit_test(test_formats_and_keys),
		cmocka_unit_test(test_cipher_forms),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
