/* Reading attributes from modules that are stingy, sloppy or odd. */
#include "token/object.h"

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

/* A key that is there; hurt decides what each read answers instead. */
static CK_RV (*hurt)(CK_ATTRIBUTE_PTR template, CK_ULONG count);

static CK_RV read_key(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	static const CK_ULONG class = CKO_PRIVATE_KEY, type = CKK_EC;
	CK_RV rv = hurt(template, count);

	(void)object;
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (template[i].type == CKA_CLASS)
			rv = give(&template[i], &class, sizeof(class));
		else if (template[i].type == CKA_KEY_TYPE)
			rv = give(&template[i], &type, sizeof(type));
		else if (template[i].type == CKA_ID || template[i].type == CKA_LABEL)
			rv = give(&template[i], "value", 5);
		else
			template[i].ulValueLen = 0;
	}
	return rv;
}

static CK_RV error_once(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)template;
	(void)count;
	return called("C_GetAttributeValue") == 1 ? CKR_GENERAL_ERROR : CKR_OK;
}

static CK_RV error_twice(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)template;
	(void)count;
	return called("C_GetAttributeValue") <= 2 ? CKR_DEVICE_ERROR : CKR_OK;
}

static CK_RV stumbles(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	return template[count - 1].type == CKA_EC_POINT ? CKR_FUNCTION_FAILED : CKR_OK;
}

static CK_RV no_class(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)count;
	return template[0].type == CKA_CLASS ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK;
}

static CK_RV nothing(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)template;
	(void)count;
	return CKR_GENERAL_ERROR;
}

static CK_RV gone(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)template;
	(void)count;
	return CKR_DEVICE_REMOVED;
}

static CK_RV logged_out(CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)template;
	(void)count;
	return CKR_USER_NOT_LOGGED_IN;
}

/* One object that cannot be read is no failure; an error that passes is none
 * either; a token that is away is. */
static void test_taken(void **state)
{
	static const struct {
		CK_RV (*hurt)(CK_ATTRIBUTE_PTR template, CK_ULONG count);
		CK_RV rv;
		bool torn;
		CK_OBJECT_CLASS class;
		const char *label;
	} rows[] = {
		{error_once, CKR_OK, false, CKO_PRIVATE_KEY, "value"},
		{error_twice, CKR_OK, false, CKO_PRIVATE_KEY, "value"},
		{stumbles, CKR_OK, false, CKO_PRIVATE_KEY, "value"},
		{no_class, CKR_OK, true, CK_UNAVAILABLE_INFORMATION, "value"},
		{nothing, CKR_OK, true, CK_UNAVAILABLE_INFORMATION, ""},
		{gone, CKR_DEVICE_REMOVED, false, 0, NULL},
		{logged_out, CKR_USER_NOT_LOGGED_IN, false, 0, NULL},
	};
	struct kh_object object;

	(void)state;
	stub.read = read_key;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stub.calls = 0;
		hurt = rows[i].hurt;
		assert_int_equal(kh_object_take(&token, 5, false, &object), rows[i].rv);
		if (rows[i].rv != CKR_OK)
			continue;
		assert_int_equal(object.handle, 5);
		assert_int_equal(object.torn, rows[i].torn);
		assert_int_equal(object.class, rows[i].class);
		assert_string_equal(object.label, rows[i].label);
		kh_object_finish(&object);
	}
	free(token.uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_large_and_missing, setup),
		cmocka_unit_test_setup(test_sloppy, setup),
		cmocka_unit_test_setup(test_gone, setup),
		cmocka_unit_test_setup(test_taken, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
