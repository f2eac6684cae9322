/* The DER reader and writer. */
#include "x509/der.h"

#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "x509/moment.h"

#define SPAN(text) ((struct kh_span){(const uint8_t *)(text), sizeof(text) - 1})

static void test_lengths(void **state)
{
	static const struct {
		struct kh_span in;
		bool good;
		size_t body;
	} rows[] = {
		{SPAN("\x04\x00"), true, 0},
		{SPAN("\x04\x01\x55"), true, 1},
		{SPAN("\x04\x01"), false, 0},
		{SPAN("\x04"), false, 0},
		{SPAN(""), false, 0},
		{SPAN("\x04\x80\x00\x00"), false, 0}, /* indefinite */
		{SPAN("\x04\x81\x01\x55"), false, 0}, /* not the shortest */
		{SPAN("\x04\x82\x00\x81"), false, 0},
		{SPAN("\x04\x85\x01\x00\x00\x00\x00"), false, 0},
		{SPAN("\x04\x84\xff\xff\xff\xff"), false, 0},
		{SPAN("\x1f\x81\x01\x00"), true, 0}, /* tag of three bytes */
		{SPAN("\xbf\x65\x01\x55"), true, 1},
		{SPAN("\x1f\x81"), false, 0},
		{SPAN("\x1f\x81\x01"), false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_span in = rows[i].in;
		struct kh_tlv out;

		assert_int_equal(kh_der_next(&in, &out), rows[i].good);
		if (rows[i].good)
			assert_int_equal(out.body.length, rows[i].body);
		else
			assert_ptr_equal(in.data, rows[i].in.data);
	}
}

static void test_round_trip(void **state)
{
	static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
	uint8_t *body = calloc(1, 65536);

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct kh_buffer out = {0};
		struct kh_span in;
		struct kh_tlv outer;
		struct kh_tlv inner;

		kh_der_put(&out, KH_DER_OCTET_STRING, body, lengths[i]);
		kh_der_wrap(&out, 0, KH_DER_SEQUENCE);
		in = (struct kh_span){(uint8_t *)out.data, out.length};
		assert_true(kh_der_expect(&in, KH_DER_SEQUENCE, &outer));
		assert_int_equal(in.length, 0);
		assert_true(kh_der_expect(&outer.body, KH_DER_OCTET_STRING, &inner));
		assert_int_equal(inner.body.length, lengths[i]);
		kh_buffer_finish(&out);
	}
	free(body);
}

static void test_unsigned(void **state)
{
	static const struct {
		struct kh_span number;
		struct kh_span der;
	} rows[] = {
		{SPAN("\x00"), SPAN("\x02\x01\x00")},	      {SPAN("\x7f"), SPAN("\x02\x01\x7f")},
		{SPAN("\x80"), SPAN("\x02\x02\x00\x80")},     {SPAN("\x00\x00\x01\x02"), SPAN("\x02\x02\x01\x02")},
		{SPAN("\x00\xff"), SPAN("\x02\x02\x00\xff")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_buffer out = {0};

		kh_der_put_unsigned(&out, rows[i].number.data, rows[i].number.length);
		assert_int_equal(out.length, rows[i].der.length);
		assert_memory_equal(out.data, rows[i].der.data, out.length);
		kh_buffer_finish(&out);
	}
}

static void test_oid(void **state)
{
	char text[64];

	(void)state;
	assert_true(kh_der_oid_text(SPAN("\x55\x04\x03"), text, sizeof(text)));
	assert_string_equal(text, "2.5.4.3");
	assert_true(kh_der_oid_text(SPAN("\x2a\x81\x1c\xd0\x14\x04\x01\x04"), text, sizeof(text)));
	assert_string_equal(text, "1.2.156.10260.4.1.4");
	assert_true(kh_der_oid_text(SPAN("\x88\x37\x03"), text, sizeof(text)));
	assert_string_equal(text, "2.999.3");
	assert_false(kh_der_oid_text(SPAN("\x55\x84"), text, sizeof(text)));
	assert_false(kh_der_oid_text(SPAN(""), text, sizeof(text)));
	assert_false(kh_der_oid_text(SPAN("\x55\x04\x03"), text, 7));
	assert_true(kh_der_oid_text(SPAN("\x00\x27\x28\x4f\x50"), text, sizeof(text)));
	assert_string_equal(text, "0.0.39.40.79.80");
	assert_true(kh_der_oid_text(SPAN("\x27"), text, sizeof(text)));
	assert_string_equal(text, "0.39");
	assert_true(kh_der_oid_text(SPAN("\x78"), text, sizeof(text)));
	assert_string_equal(text, "2.40");
}

/* C2: OIDs that no table has. OpenSSL says how they are written. */
static void test_long_oids(void **state)
{
	static const char *const texts[] = {
		"2.25.329800735698586629295641978511506172918",
		"2.25.0",
		"2.18446744073709551615.18446744073709551616.1",
		"1.39.340282366920938463463374607431768211455",
		"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24.25.26.27.28.29.30.31.32.33.34.35",
	};
	uint8_t endless[400];
	char text[KH_OID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ASN1_OBJECT *object = OBJ_txt2obj(texts[i], 1);

		assert_true(kh_der_oid_text((struct kh_span){OBJ_get0_data(object), OBJ_length(object)}, text,
					    sizeof(text)));
		assert_string_equal(text, texts[i]);
		ASN1_OBJECT_free(object);
	}
	memset(endless, 0xff, sizeof(endless));
	endless[sizeof(endless) - 1] = 0x7f;
	assert_false(kh_der_oid_text((struct kh_span){endless, sizeof(endless)}, text, sizeof(text)));
}

static void test_times(void **state)
{
	static const struct {
		unsigned tag;
		const char *in;
		const char *text; /* NULL: no time */
		int64_t seconds;
	} rows[] = {
		{KH_DER_UTC_TIME, "700101000000Z", "1970-01-01T00:00:00Z", 0},
		{KH_DER_UTC_TIME, "490101000000Z", "2049-01-01T00:00:00Z", 2493072000},
		{KH_DER_UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z", -631152000},
		{KH_DER_GENERALIZED_TIME, "20240229235959Z", "2024-02-29T23:59:59Z", 1709251199},
		{KH_DER_GENERALIZED_TIME, "20500301000000Z", "2050-03-01T00:00:00Z", 2529705600},
		{KH_DER_GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z", 253402300799},
		{KH_DER_UTC_TIME, "7001010000Z", "1970-01-01T00:00:00Z", 0},
		{KH_DER_UTC_TIME, "7001010000", "1970-01-01T00:00:00Z", 0},
		{KH_DER_UTC_TIME, "700101000000+0800", "1969-12-31T16:00:00Z", -28800},
		{KH_DER_UTC_TIME, "691231235959-0030", "1970-01-01T00:29:59Z", 1799},
		{KH_DER_GENERALIZED_TIME, "20240229235959.987654Z", "2024-02-29T23:59:59Z", 1709251199},
		{KH_DER_GENERALIZED_TIME, "202402292359.5", "2024-02-29T23:59:00Z", 1709251140},
		{KH_DER_GENERALIZED_TIME, "00000101000000Z", "0000-01-01T00:00:00Z", -62167219200},
		{KH_DER_GENERALIZED_TIME, "00010101000000Z", "0001-01-01T00:00:00Z", -62135596800},
		{KH_DER_GENERALIZED_TIME, "20000301000000Z", "2000-03-01T00:00:00Z", 951868800},
		{KH_DER_GENERALIZED_TIME, "99991231235959-0800", NULL, 0},
		{KH_DER_GENERALIZED_TIME, "20240101000000+08", NULL, 0},
		{KH_DER_GENERALIZED_TIME, "20240101000000X", NULL, 0},
		{KH_DER_GENERALIZED_TIME, "", NULL, 0},
		{KH_DER_UTC_TIME, "701301000000Z", NULL, 0},
		{KH_DER_UTC_TIME, "70010100000xZ", NULL, 0},
		{KH_DER_OCTET_STRING, "700101000000Z", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_tlv value = {.tag = rows[i].tag, .body = {(const uint8_t *)rows[i].in, strlen(rows[i].in)}};
		int64_t seconds;
		char text[KH_TIME_TEXT];

		assert_int_equal(kh_time_read(&value, &seconds, text), rows[i].text != NULL);
		if (!rows[i].text)
			continue;
		assert_string_equal(text, rows[i].text);
		assert_int_equal(seconds, rows[i].seconds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths), cmocka_unit_test(test_round_trip), cmocka_unit_test(test_unsigned),
		cmocka_unit_test(test_oid),	cmocka_unit_test(test_long_oids),  cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
