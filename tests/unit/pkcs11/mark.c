/* The marks of an order. */
#include "key/mark.h"

#include <string.h>

#include "bytes.h"
#include "unit.h"

static void test_of_an_order(void **state)
{
	struct kh_order_mark mark;
	char hex[41];

	(void)state;
	kh_order_mark(&mark, "T-1");
	kh_hex(mark.id, sizeof(mark.id), hex);
	assert_string_equal(hex, "527f7c8ff87c2a0242e7ab1724f97183e274feaf");
	assert_string_equal(mark.label, "kh:527f7c8ff87c2a0242e7ab17");
	kh_order_encryption_mark(&mark, "T-1");
	assert_string_equal(mark.label, "kh:527f7c8ff87c2a0242e7ab17:e");
	assert_memory_not_equal(mark.id, "\x52\x7f\x7c\x8f", 4);
}

/* CASES: vendors keep 32 bytes of a label, whatever the order is called. */
static void test_longest_order(void **state)
{
	struct kh_order_mark mark;
	char order[65];

	(void)state;
	memset(order, 'x', 64);
	order[64] = '\0';
	kh_order_mark(&mark, order);
	assert_int_equal(strlen(mark.label), 27);
	kh_order_encryption_mark(&mark, order);
	assert_int_equal(strlen(mark.label), 29);
	order[63] = 'y';
	kh_order_mark(&mark, order);
	assert_false(kh_mark_has_id(&mark, "", 0));
}

static void test_labels(void **state)
{
	(void)state;
	assert_true(kh_mark_is_label("kh:527f7c8ff87c2a0242e7ab17"));
	assert_true(kh_mark_is_label("kh:527f7c8ff87c2a0242e7ab17:e"));
	assert_false(kh_mark_is_label(""));
	assert_false(kh_mark_is_label("kh:"));
	assert_false(kh_mark_is_label("kh:527f7c8ff87c2a0242e7ab1"));
	assert_false(kh_mark_is_label("kh:527f7c8ff87c2a0242e7ab170"));
	assert_false(kh_mark_is_label("kh:527F7C8FF87C2A0242E7AB17"));
	assert_false(kh_mark_is_label("kh:527f7c8ff87c2a0242e7ab17:enc"));
	assert_false(kh_mark_is_label("\xe5\x85\xac\xe5\x8f\xb8"));
}

/* A label tells a part of the CKA_ID, which is enough to find it. */
static void test_known_by_label(void **state)
{
	struct kh_order_mark whole, mark, encryption;

	(void)state;
	kh_order_mark(&whole, "T-1");
	kh_order_marks_of_label(&mark, &encryption, "kh:527f7c8ff87c2a0242e7ab17:e");
	assert_string_equal(mark.label, whole.label);
	assert_string_equal(encryption.label, "kh:527f7c8ff87c2a0242e7ab17:e");
	assert_true(kh_mark_has_id(&mark, whole.id, sizeof(whole.id)));
	assert_false(kh_mark_has_id(&mark, whole.id, 12));
	whole.id[0] ^= 1;
	assert_false(kh_mark_has_id(&mark, whole.id, sizeof(whole.id)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_an_order),
		cmocka_unit_test(test_longest_order),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_known_by_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
