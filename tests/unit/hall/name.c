/* C1, C4: names as CAs have written them. */
#include "name.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(text) (text), (int)sizeof(text) - 1
#define GBK "\xc9\xbd\xce\xf7"

struct value {
	int type;
	const char *bytes;
	int length;
};

static X509_NAME *make(struct value value)
{
	X509_NAME *name = X509_NAME_new();
	X509_NAME_add_entry_by_NID(name, NID_countryName, V_ASN1_PRINTABLESTRING, (const unsigned char *)"CN", 2, -1,
				   0);
	assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, value.type,
						    (const unsigned char *)value.bytes, value.length, -1, 0),
			 1);
	return name;
}

static const struct {
	struct value value;
	const char *text;
	bool same; /* as 山西 */
} rows[] = {
	{{V_ASN1_UTF8STRING, TEXT("山西")}, "山西", true},
	{{V_ASN1_T61STRING, TEXT("山西")}, "山西", true},
	{{V_ASN1_T61STRING, TEXT(GBK)}, "山西", true},
	{{V_ASN1_PRINTABLESTRING, TEXT(GBK)}, "山西", true},
	{{V_ASN1_BMPSTRING, TEXT("\x5c\x71\x89\x7f")}, "山西", true},
	{{V_ASN1_UTF8STRING, TEXT(" 山西 ")}, "\\ 山西\\ ", true},
	{{V_ASN1_UTF8STRING, TEXT("山东")}, "山东", false},
	{{V_ASN1_T61STRING, TEXT("caf\xe9")}, "café", false},
};

static void test_rows(void **state)
{
	(void)state;
	X509_NAME *plain = make(rows[0].value);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509_NAME *name = make(rows[i].value);
		char expected[64], *text = hall_name_text(name);
		snprintf(expected, sizeof(expected), "CN=%s,C=CN", rows[i].text);
		assert_string_equal(text, expected);
		assert_int_equal(hall_name_same(name, plain), rows[i].same);
		assert_int_equal(hall_name_same(plain, name), rows[i].same);
		free(text);
		X509_NAME_free(name);
	}
	X509_NAME_free(plain);
}

static void test_folding(void **state)
{
	static const struct {
		struct value a, b;
		bool same;
	} pairs[] = {
		{{V_ASN1_PRINTABLESTRING, TEXT("Example Co")}, {V_ASN1_UTF8STRING, TEXT("EXAMPLE  co")}, true},
		{{V_ASN1_UTF8STRING, TEXT("示例（山西）公司")}, {V_ASN1_UTF8STRING, TEXT("示例(山西)公司")}, true},
		{{V_ASN1_UTF8STRING, TEXT("CAFÉ ТЕСТ")}, {V_ASN1_UTF8STRING, TEXT("café тест")}, true},
		{{V_ASN1_UTF8STRING, TEXT("ExampleCo")}, {V_ASN1_UTF8STRING, TEXT("Example Co")}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		X509_NAME *a = make(pairs[i].a), *b = make(pairs[i].b);
		assert_int_equal(hall_name_same(a, b), pairs[i].same);
		X509_NAME_free(a);
		X509_NAME_free(b);
	}
}

/* Bytes that no text has: nothing is read behind them. */
static void test_odd(void **state)
{
	(void)state;
	const struct value values[] = {{V_ASN1_T61STRING, TEXT("a\0b")},
				       {V_ASN1_UTF8STRING, TEXT("\0\0\0")},
				       {V_ASN1_T61STRING, TEXT("\xff\xf8")},
				       {V_ASN1_UTF8STRING, TEXT("")},
				       {V_ASN1_BIT_STRING, TEXT("\x00\x01")}};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		X509_NAME *name = make(values[i]), *other = make(rows[0].value);
		char *text = hall_name_text(name);
		assert_non_null(text);
		assert_true(hall_name_same(name, name));
		assert_false(hall_name_same(name, other));
		free(text);
		X509_NAME_free(name);
		X509_NAME_free(other);
	}
}

static void test_part(void **state)
{
	(void)state;
	X509_NAME *name = make((struct value){V_ASN1_T61STRING, TEXT(GBK)});
	char *part = hall_name_part(name, NID_commonName);
	assert_string_equal(part, "山西");
	assert_null(hall_name_part(name, NID_organizationName));
	free(part);
	X509_NAME_free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_odd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
