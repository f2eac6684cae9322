/* Names as RFC 4514 text, beside OpenSSL. */
#include "x509/name.h"

#include <openssl/x509.h>
#include <string.h>

#include "unit.h"

#define NAME_FLAGS (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

static char *by_openssl(X509_NAME *name)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	char *copy;
	long length;

	X509_NAME_print_ex(out, name, 0, NAME_FLAGS);
	length = BIO_get_mem_data(out, &text);
	copy = strndup(text, (size_t)length);
	BIO_free(out);
	return copy;
}

static void compare(X509_NAME *name)
{
	struct kh_buffer text = {0};
	unsigned char *der = NULL;
	int length = i2d_X509_NAME(name, &der);
	char *expected = by_openssl(name);

	kh_name_text((struct kh_span){der, (size_t)length}, &text);
	assert_string_equal(text.data, expected);
	kh_buffer_finish(&text);
	free(expected);
	OPENSSL_free(der);
}

static X509_NAME *add(X509_NAME *name, const char *type, int kind, const char *value, size_t length, int set)
{
	assert_int_equal(
		X509_NAME_add_entry_by_txt(name, type, kind, (const unsigned char *)value, (int)length, -1, set), 1);
	return name;
}

static void test_like_openssl(void **state)
{
	static const char *const values[] = {
		"山西晋钥示例能源有限公司", "plain", " both ends ", "#hash", "a,b+c\"d\\e<f>g;h", "=", "tab\there",
		"\xf0\x9f\x94\x91 key",	    "x#y z"};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		X509_NAME *name = X509_NAME_new();

		add(name, "C", V_ASN1_PRINTABLESTRING, "CN", 2, 0);
		add(name, "ST", V_ASN1_UTF8STRING, "山西省", 9, 0);
		add(name, "O", V_ASN1_UTF8STRING, values[i], strlen(values[i]), 0);
		add(name, "organizationIdentifier", V_ASN1_UTF8STRING, "91140100MA0000001X", 18, 0);
		add(name, "emailAddress", V_ASN1_IA5STRING, "a@b.cn", 6, 0);
		add(name, "serialNumber", V_ASN1_PRINTABLESTRING, "1", 1, -1);
		add(name, "CN", V_ASN1_UTF8STRING, values[i], strlen(values[i]), 0);
		compare(name);
		X509_NAME_free(name);
	}
}

static void test_other_strings(void **state)
{
	X509_NAME *name = X509_NAME_new();

	(void)state;
	add(name, "O", V_ASN1_BMPSTRING, "\x5c\x71\x89\x7f", 4, 0);
	add(name, "OU", V_ASN1_UNIVERSALSTRING, "\x00\x00\x5c\x71\x00\x01\xf5\x11", 8, 0);
	add(name, "CN", V_ASN1_T61STRING, "caf\xe9", 4, 0);
	compare(name);
	X509_NAME_free(name);
}

/* UTF-16 in a BMPString, which OpenSSL refuses. */
static void test_surrogates(void **state)
{
	static const uint8_t text[] = {0x5c, 0x71, 0xd8, 0x3d, 0xdd, 0x11, 0xd8, 0x3d, 0x00, 0x41};
	const struct kh_tlv value = {.tag = KH_DER_BMP, .body = {text, sizeof(text)}};
	struct kh_buffer out = {0};

	(void)state;
	assert_true(kh_name_value(&value, &out));
	assert_string_equal(out.data,
			    "山\xf0\x9f\x94\x91\xef\xbf\xbd"
			    "A");
	kh_buffer_finish(&out);
}

static void test_unknown_type_is_hex(void **state)
{
	struct kh_buffer text = {0};
	X509_NAME *name = X509_NAME_new();
	unsigned char *der = NULL;
	int length;

	(void)state;
	add(name, "1.2.156.10260.4.1.4", V_ASN1_UTF8STRING, "9114", 4, 0);
	length = i2d_X509_NAME(name, &der);
	kh_name_text((struct kh_span){der, (size_t)length}, &text);
	assert_string_equal(text.data, "1.2.156.10260.4.1.4=#0C0439313134");
	kh_buffer_cut(&text, 0);
	assert_true(kh_name_find((struct kh_span){der, (size_t)length}, "1.2.156.10260.4.1.4", &text));
	assert_string_equal(text.data, "9114");
	kh_buffer_finish(&text);
	OPENSSL_free(der);
	X509_NAME_free(name);
}

static void expect_text(const char *der, size_t length, const char *expected)
{
	struct kh_buffer text = {0};

	kh_name_text((struct kh_span){(const uint8_t *)der, length}, &text);
	assert_string_equal(text.data, expected);
	kh_buffer_finish(&text);
}

#define TEXT(text) (text), sizeof(text) - 1

static void test_malformed(void **state)
{
	(void)state;
	expect_text(TEXT("\x30\x00"), "");
	expect_text(TEXT("\x30\x02\x31"), "#300231");
	expect_text(TEXT("\x31\x00"), "#3100");
	expect_text(TEXT("\x30\x04\x31\x02\x30\x00"), "#300431023000");
	expect_text(TEXT("\x30\x02\x30\x00"), "#30023000");
}

/* Puts RDN { type, value } into a list of RDNs. */
static void put(struct kh_buffer *out, struct kh_span type, unsigned tag, const void *value, size_t length)
{
	size_t from = out->length;

	kh_der_put(out, KH_DER_OID, type.data, type.length);
	kh_der_put(out, tag, value, length);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	kh_der_wrap(out, from, KH_DER_SET);
}

static const struct kh_span common = {(const uint8_t *)"\x55\x04\x03", 3}, unit = {(const uint8_t *)"\x55\x04\x0b", 3};

static uint8_t endless[200]; /* an OID of one number */

static void expect_shown(unsigned tag, const char *value, size_t length, const char *expected)
{
	struct kh_buffer name = {0};

	put(&name, common, tag, value, length);
	kh_der_wrap(&name, 0, KH_DER_SEQUENCE);
	expect_text(name.data, name.length, expected);
	kh_buffer_finish(&name);
}

/* C4: what CAs have written into the string types. */
static void test_encodings(void **state)
{
	(void)state;
	expect_shown(KH_DER_T61, TEXT("山西公司"), "CN=山西公司");
	expect_shown(KH_DER_T61, TEXT("\xc9\xbd\xce\xf7\xb9\xab\xcb\xbe"), "CN=山西公司");
	expect_shown(KH_DER_UTF8, TEXT("\xc9\xbd\xce\xf7\xb9\xab\xcb\xbe"), "CN=山西公司");
	expect_shown(KH_DER_PRINTABLE, TEXT("\xc9\xbd\xce\xf7"), "CN=山西");
	expect_shown(KH_DER_GENERAL, TEXT("\xc9\xbd\xce\xf7"), "CN=山西");
	expect_shown(KH_DER_BMP, TEXT("\xc9\xbd\xff"), "CN=#1E03C9BDFF");
	expect_shown(KH_DER_BMP, TEXT("abc"), "CN=abc");
	expect_shown(KH_DER_UTF8, TEXT("\xff\xff"), "CN=#0C02FFFF");
	expect_shown(KH_DER_BIT_STRING, TEXT("\x00\x55"), "CN=#03020055");
}

/* C2: an attribute type under 2.25, and one that is longer than any text. */
static void test_odd_types(void **state)
{
	static const uint8_t uuid[] = {0x69, 0x83, 0xf0, 0xc0, 0xaf, 0x80, 0x81, 0x82, 0x83, 0x84,
				       0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x0d};
	const struct kh_span types[] = {{uuid, sizeof(uuid)}, {endless, sizeof(endless)}};
	static const char *const starts[] = {"CN=山西,2.25.", "CN=山西,#FFFF"};

	(void)state;
	memset(endless, 0xff, sizeof(endless) - 1);
	for (size_t i = 0; i < 2; i++) {
		struct kh_buffer name = {0}, text = {0};

		put(&name, types[i], KH_DER_UTF8, "x", 1);
		put(&name, common, KH_DER_UTF8, "山西", 6);
		kh_der_wrap(&name, 0, KH_DER_SEQUENCE);
		kh_name_text((struct kh_span){(uint8_t *)name.data, name.length}, &text);
		assert_memory_equal(text.data, starts[i], strlen(starts[i]));
		assert_string_equal(text.data + text.length - 8, "=#0C0178");
		kh_buffer_finish(&name);
		kh_buffer_finish(&text);
	}
}

/* C4: more RDNs than anybody shows, and a text that is too long. */
static void test_long_names(void **state)
{
	struct kh_buffer name = {0}, text = {0};

	(void)state;
	for (size_t i = 0; i < 70; i++)
		put(&name, unit, KH_DER_PRINTABLE, "u", 1);
	put(&name, common, KH_DER_UTF8, "山西", 6);
	kh_der_wrap(&name, 0, KH_DER_SEQUENCE);
	kh_name_text((struct kh_span){(uint8_t *)name.data, name.length}, &text);
	assert_int_equal(text.length, 9 + 70 * 5);
	assert_memory_equal(text.data, "CN=山西,OU=u,OU=u", 19);
	kh_buffer_finish(&text);
	kh_buffer_finish(&name);
	for (size_t i = 0; i < 300; i++)
		put(&name, unit, KH_DER_PRINTABLE, "u", 1);
	kh_der_wrap(&name, 0, KH_DER_SEQUENCE);
	kh_name_text((struct kh_span){(uint8_t *)name.data, name.length}, &text);
	assert_int_equal(text.length, 256 * 5 + 3);
	assert_string_equal(text.data + text.length - 9, ",OU=u,…");
	kh_buffer_finish(&text);
	kh_buffer_finish(&name);
	for (size_t i = 0; i < 20; i++)
		put(&name, unit, KH_DER_UTF8,
		    ("山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西"
		     "山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西山西"),
		    240);
	kh_der_wrap(&name, 0, KH_DER_SEQUENCE);
	kh_name_text((struct kh_span){(uint8_t *)name.data, name.length}, &text);
	assert_in_range(text.length, KH_NAME_TEXT - 2, KH_NAME_TEXT);
	assert_string_equal(text.data + text.length - 3, "…");
	for (size_t i = 0; i < text.length;) {
		size_t step = kh_utf8_sequence(text.data + i, text.length - i);

		assert_int_not_equal(step, 0);
		i += step;
	}
	kh_buffer_finish(&text);
	kh_buffer_finish(&name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_openssl), cmocka_unit_test(test_other_strings),
		cmocka_unit_test(test_surrogates),   cmocka_unit_test(test_unknown_type_is_hex),
		cmocka_unit_test(test_malformed),    cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_odd_types),    cmocka_unit_test(test_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
