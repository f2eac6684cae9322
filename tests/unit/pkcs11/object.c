/* Reading attributes from modules that are stingy, sloppy or odd. */
#include "object.h"

#include "stub.h"

static struct kh_module module;
static struct kh_token token;
static char large[5000];

static int setup(void **state)
{
	(void)state;
	stub_start(&module, &token);
	token.open = true;
	memset(large, 'x', sizeof(large));
	return 0;
}

static CK_RV give(CK_ATTRIBUTE_PTR attribute, const void *value, size_t length)
{
	if (attribute->pValue && attribute->ulValueLen < length) {
		attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (attribute->pValue)
		memcpy(attribute->pValue, value, length);
	attribute->ulValueLen = length;
	return CKR_OK;
}

/* As the specification says: every attribute is looked at. */
static CK_RV read_well(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	CK_RV rv = CKR_OK;

	(void)object;
	for (CK_ULONG i = 0; i < count; i++) {
		CK_RV one = CKR_OK;

		if (template[i].type == CKA_VALUE)
			one = give(&template[i], large, sizeof(large));
		else if (template[i].type == CKA_LABEL)
			one = give(&template[i], "label", 5);
		else {
			template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
			one = CKR_ATTRIBUTE_TYPE_INVALID;
		}
		rv = one == CKR_OK ? rv : one;
	}
	return rv;
}

/* Stops at the first one it does not have and leaves the rest as it was. */
static CK_RV read_sloppily(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)object;
	for (CK_ULONG i = 0; i < count; i++) {
		if (template[i].type == CKA_MODULUS) {
			template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
			return CKR_ATTRIBUTE_TYPE_INVALID;
		}
		(void)give(&template[i], "value", 5);
	}
	return CKR_OK;
}

static CK_RV read_gone(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)object;
	(void)template;
	(void)count;
	return CKR_DEVICE_REMOVED;
}

static void test_large_and_missing(void **state)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_ID, CKA_VALUE, CKA_LABEL};
	struct kh_bytes values[3];

	(void)state;
	stub.read = read_well;
	assert_int_equal(kh_object_read(&token, 1, types, values, 3, NULL), KH_OK);
	assert_int_equal(values[0].length, 0);
	assert_int_equal(values[1].length, sizeof(large));
	assert_memory_equal(values[1].data, large, sizeof(large));
	assert_int_equal(values[2].length, 5);
	for (size_t i = 0; i < 3; i++)
		kh_bytes_finish(&values[i]);
}

static void test_sloppy(void **state)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_ID, CKA_MODULUS, CKA_EC_POINT};
	struct kh_bytes values[3];

	(void)state;
	stub.read = read_sloppily;
	assert_int_equal(kh_object_read(&token, 1, types, values, 3, NULL), KH_OK);
	assert_int_equal(values[0].length, 5);
	assert_int_equal(values[1].length, 0);
	assert_int_equal(values[2].length, 5);
	for (size_t i = 0; i < 3; i++)
		kh_bytes_finish(&values[i]);
}

static void test_gone(void **state)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_ID};
	struct kh_bytes value;
	struct kh_error error;

	(void)state;
	stub.read = read_gone;
	assert_int_equal(kh_object_read(&token, 1, types, &value, 1, &error), KH_TOKEN_REMOVED);
	assert_string_equal(error.call, "C_GetAttributeValue");
	assert_int_equal(module.trouble, KH_RV_GONE);
}

static void test_mark_of_an_order(void **state)
{
	struct kh_order_mark mark;
	char hex[41];

	(void)state;
	kh_order_mark(&mark, "T-1");
	kh_hex(mark.id, sizeof(mark.id), hex);
	assert_string_equal(mark.label, "keyhall:T-1");
	assert_string_equal(hex, "527f7c8ff87c2a0242e7ab1724f97183e274feaf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_large_and_missing, setup),
		cmocka_unit_test_setup(test_sloppy, setup),
		cmocka_unit_test_setup(test_gone, setup),
		cmocka_unit_test_setup(test_mark_of_an_order, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
