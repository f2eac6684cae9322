/* C1: names, compared. */
#include <stdio.h>
#include <string.h>

#include "unit.h"
#include "x509/name.h"

#define TEXT(text) (text), sizeof(text) - 1
#define COMMON "\x55\x04\x03"
#define UNIT "\x55\x04\x0b"

struct attribute {
	const char *type; /* three bytes */
	unsigned tag;
	const char *value;
	size_t length;
};

/* A Name of RDNs with one attribute each. */
static void put_name(struct kh_buffer *out, const struct attribute *attributes, size_t count, bool one_set)
{
	for (size_t i = 0; i < count; i++) {
		size_t from = out->length;

		kh_der_put(out, KH_DER_OID, attributes[i].type, 3);
		kh_der_put(out, attributes[i].tag, attributes[i].value, attributes[i].length);
		kh_der_wrap(out, from, KH_DER_SEQUENCE);
		if (!one_set)
			kh_der_wrap(out, from, KH_DER_SET);
	}
	if (one_set)
		kh_der_wrap(out, 0, KH_DER_SET);
	kh_der_wrap(out, 0, KH_DER_SEQUENCE);
}

static bool same(const struct kh_buffer *a, const struct kh_buffer *b)
{
	const struct kh_span left = {(const uint8_t *)a->data, a->length},
			     right = {(const uint8_t *)b->data, b->length};
	bool one_way = kh_name_same(left, right);

	assert_int_equal(kh_name_same(right, left), one_way);
	return one_way;
}

static bool same_lists(const struct attribute *a, size_t count_a, const struct attribute *b, size_t count_b,
		       bool one_set)
{
	struct kh_buffer left = {0}, right = {0};
	bool result;

	put_name(&left, a, count_a, one_set);
	put_name(&right, b, count_b, one_set);
	result = same(&left, &right);
	kh_buffer_finish(&left);
	kh_buffer_finish(&right);
	return result;
}

#define UTF8_NAME COMMON, KH_DER_UTF8, TEXT("山西示例公司")

static const struct {
	struct attribute a, b;
	bool same;
} rows[] = {
	{{UTF8_NAME}, {UTF8_NAME}, true},
	{{UTF8_NAME}, {COMMON, KH_DER_T61, TEXT("山西示例公司")}, true},
	{{UTF8_NAME}, {COMMON, KH_DER_T61, TEXT("\xc9\xbd\xce\xf7\xca\xbe\xc0\xfd\xb9\xab\xcb\xbe")}, true},
	{{UTF8_NAME}, {COMMON, KH_DER_UTF8, TEXT("\xc9\xbd\xce\xf7\xca\xbe\xc0\xfd\xb9\xab\xcb\xbe")}, true},
	{{UTF8_NAME}, {COMMON, KH_DER_BMP, TEXT("\x5c\x71\x89\x7f\x79\x3a\x4f\x8b\x51\x6c\x53\xf8")}, true},
	{{UTF8_NAME},
	 {COMMON, KH_DER_UNIVERSAL, TEXT("\0\0\x5c\x71\0\0\x89\x7f\0\0\x79\x3a\0\0\x4f\x8b\0\0\x51\x6c\0\0\x53\xf8")},
	 true},
	{{UTF8_NAME}, {UNIT, KH_DER_UTF8, TEXT("山西示例公司")}, false},
	{{UTF8_NAME}, {COMMON, KH_DER_UTF8, TEXT("山西示例分公司")}, false},
	{{UTF8_NAME}, {COMMON, KH_DER_OCTET_STRING, TEXT("山西示例公司")}, false},
	{{COMMON, KH_DER_PRINTABLE, TEXT("Example Co")}, {COMMON, KH_DER_UTF8, TEXT("Example Co")}, true},
	{{COMMON, KH_DER_PRINTABLE, TEXT("Example Co")}, {COMMON, KH_DER_IA5, TEXT("EXAMPLE  CO ")}, true},
	{{COMMON, KH_DER_PRINTABLE, TEXT("Example Co")}, {COMMON, KH_DER_UTF8, TEXT("Example Company")}, false},
	{{COMMON, KH_DER_T61, TEXT("CAF\xc9")}, {COMMON, KH_DER_UTF8, TEXT("café")}, true},
	{{COMMON, KH_DER_UTF8, TEXT("")}, {COMMON, KH_DER_PRINTABLE, TEXT("")}, true},
	{{COMMON, KH_DER_UTF8, TEXT("示例（山西）")}, {COMMON, KH_DER_UTF8, TEXT("示例(山西)")}, true},
	{{COMMON, KH_DER_UTF8, TEXT("\xff\xff")}, {COMMON, KH_DER_UTF8, TEXT("\xff\xff")}, true},
	{{COMMON, KH_DER_UTF8, TEXT("\xff\xff")}, {COMMON, KH_DER_UTF8, TEXT("\xff\xfe")}, false},
	{{COMMON, KH_DER_BIT_STRING, TEXT("\0A")}, {COMMON, KH_DER_BIT_STRING, TEXT("\0a")}, false},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (same_lists(&rows[i].a, 1, &rows[i].b, 1, false) != rows[i].same)
			fail_msg("row %zu", i);
	}
}

static void test_lists(void **state)
{
	const struct attribute a = {COMMON, KH_DER_UTF8, TEXT("a")}, b = {UNIT, KH_DER_UTF8, TEXT("b")};
	const struct attribute ab[] = {a, b}, ba[] = {b, a}, aa[] = {a, a};

	(void)state;
	assert_true(same_lists(ab, 2, ab, 2, false));
	assert_false(same_lists(ab, 2, ba, 2, false));
	assert_false(same_lists(ab, 2, ab, 1, false));
	assert_false(same_lists(ab, 2, NULL, 0, false));
	assert_true(same_lists(NULL, 0, NULL, 0, false));
	assert_true(same_lists(ab, 2, ba, 2, true));
	assert_false(same_lists(ab, 2, aa, 2, true));
	assert_false(same_lists(ab, 2, ab, 1, true));
}

/* One set of two is another name than two sets of one; rubbish is equal to itself. */
static void test_shapes(void **state)
{
	const struct attribute pair[] = {{UTF8_NAME}, {UTF8_NAME}};
	struct kh_buffer sets = {0}, set = {0};
	const struct kh_span rubbish = {(const uint8_t *)"\x31\x00", 2}, empty = {(const uint8_t *)"\x30\x00", 2};

	(void)state;
	put_name(&sets, pair, 2, false);
	put_name(&set, pair, 2, true);
	assert_false(same(&sets, &set));
	assert_true(kh_name_same(rubbish, rubbish));
	assert_false(kh_name_same(rubbish, empty));
	kh_buffer_finish(&sets);
	kh_buffer_finish(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
