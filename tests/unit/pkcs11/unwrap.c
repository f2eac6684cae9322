/* Ways out of an envelope on a module that refuses: their order, templates, and when to stop. */
#include "key/unwrap.h"
#include "key/mark.h"

#include "stub.h"

#define AES_KEY 21
#define PRIVATE_KEY 22
#define OPENER 7

static struct kh_module module;
static struct kh_token token;
static struct kh_order_mark mark;
static CK_FUNCTION_LIST functions;
static uint8_t envelope_bytes[256 + 24];
static struct kh_envelope envelope;
static struct kh_unwrap unwrap;

/* What the module says to a mechanism, and what it was asked. */
static CK_RV (*answer)(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count);
static CK_MECHANISM_TYPE asked[32];
static size_t asked_count;
static CK_ULONG left; /* how often a search shows a key, as after a failed call that has written */
static bool forgets;  /* the CKA_ID of a template */

static CK_RV mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
	(void)slot;
	info->flags = CKF_UNWRAP | CKF_DECRYPT;
	return type == 0x1055 ? CKR_MECHANISM_INVALID : CKR_OK;
}

static CK_RV unwrap_key(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE by, CK_BYTE_PTR wrapped,
			CK_ULONG length, CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_OBJECT_HANDLE_PTR key)
{
	bool inner = mechanism->mechanism == CKM_AES_KEY_WRAP_PAD || mechanism->mechanism == 0x210B;
	CK_OBJECT_CLASS class = *(CK_OBJECT_CLASS *)template[0].pValue;
	CK_RV rv = answer(mechanism, template, count);

	(void)session;
	(void)wrapped;
	assert_in_range(asked_count, 0, 31);
	asked[asked_count++] = mechanism->mechanism;
	assert_int_equal(by, inner ? AES_KEY : OPENER);
	assert_true(length == 256 || length == 24 || length == sizeof(envelope_bytes));
	*key = class == CKO_PRIVATE_KEY ? PRIVATE_KEY : AES_KEY;
	return rv;
}

static CK_RV destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	(void)session;
	assert_int_equal(object, AES_KEY);
	return note("C_DestroyObject");
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE_PTR objects, CK_ULONG most, CK_ULONG_PTR count)
{
	(void)session;
	(void)most;
	*count = left;
	for (CK_ULONG i = 0; i < left; i++)
		objects[i] = PRIVATE_KEY;
	return CKR_OK;
}

static CK_RV session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info)
{
	(void)session;
	(void)info;
	return note("C_GetSessionInfo");
}

/* A private key with the mark. */
static CK_RV read_key(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	static const CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;

	(void)object;
	for (CK_ULONG i = 0; i < count; i++) {
		const void *value = template[i].type == CKA_CLASS ? (const void *)&class : mark.id;
		CK_ULONG length = template[i].type == CKA_CLASS ? sizeof(class) : sizeof(mark.id);

		template[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
		if (template[i].type != CKA_CLASS && (template[i].type != CKA_ID || forgets))
			continue;
		memcpy(template[i].pValue, value, length);
		template[i].ulValueLen = length;
	}
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV set_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_PTR template,
			    CK_ULONG count)
{
	(void)session;
	assert_int_equal(object, PRIVATE_KEY);
	assert_int_equal(count, 2);
	assert_memory_equal(template[0].pValue, mark.id, sizeof(mark.id));
	forgets = false;
	left = 1;
	return note("C_SetAttributeValue");
}

static int setup(void **state)
{
	struct kh_bytes bytes = {envelope_bytes, sizeof(envelope_bytes)};

	(void)state;
	stub_start(&module, &token);
	functions = stub_functions;
	functions.C_GetMechanismInfo = mechanism_info;
	functions.C_UnwrapKey = unwrap_key;
	functions.C_DestroyObject = destroy;
	functions.C_FindObjects = find;
	functions.C_GetSessionInfo = session_info;
	functions.C_SetAttributeValue = set_attributes;
	module.functions = &functions;
	stub.read = read_key;
	token.open = true;
	asked_count = 0;
	left = 0;
	forgets = false;
	kh_order_encryption_mark(&mark, "U-1");
	envelope = (struct kh_envelope){.format = KH_IMPORT_ALGORITHM_RSA_AES_KW,
					.whole = {bytes.data, bytes.length},
					.session = {bytes.data, 256},
					.key = {bytes.data + 256, 24}};
	unwrap = (struct kh_unwrap){.token = &token, .opener = OPENER, .envelope = &envelope, .mark = &mark};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kh_inventory_clear(&token.inventory);
	free(token.uri);
	return 0;
}

static bool has(CK_ATTRIBUTE_PTR template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; i < count; i++) {
		if (template[i].type == type)
			return true;
	}
	return false;
}

static CK_RV opens_nothing(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	CK_OBJECT_CLASS class = *(CK_OBJECT_CLASS *)template[0].pValue;

	assert_true(class != CKO_PRIVATE_KEY || (has(template, count, CKA_ID) && has(template, count, CKA_LABEL)));
	return mechanism->mechanism == CKM_RSA_PKCS_OAEP || mechanism->mechanism == CKM_RSA_PKCS
		       ? CKR_OK
		       : CKR_WRAPPED_KEY_INVALID;
}

static void test_order(void **state)
{
	static const CK_MECHANISM_TYPE order[] = {
		CKM_RSA_AES_KEY_WRAP, CKM_RSA_AES_KEY_WRAP, CKM_RSA_PKCS_OAEP, 0x210B, CKM_RSA_PKCS_OAEP,   0x210B,
		CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_PAD, CKM_RSA_PKCS,      0x210B, CKM_AES_KEY_WRAP_PAD};
	struct kh_object *key;

	(void)state;
	answer = opens_nothing;
	assert_int_equal(kh_unwrap(&unwrap, &key, NULL), KH_ENCRYPTION_UNOPENED);
	assert_null(key);
	assert_int_equal(asked_count, sizeof(order) / sizeof(order[0]));
	for (size_t i = 0; i < asked_count; i++)
		assert_int_equal(asked[i], order[i]);
	assert_int_equal(called("C_DestroyObject"), 3);
}

static CK_RV knows_nothing(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)mechanism;
	(void)template;
	(void)count;
	return CKR_KEY_FUNCTION_NOT_PERMITTED;
}

static void test_refused_everywhere(void **state)
{
	struct kh_object *key;

	(void)state;
	answer = knows_nothing;
	assert_int_equal(kh_unwrap(&unwrap, &key, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(called("C_FindObjectsInit"), 0);
}

static CK_RV modest(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)mechanism;
	return has(template, count, CKA_SENSITIVE) ? CKR_TEMPLATE_INCONSISTENT : CKR_OK;
}

static void test_templates(void **state)
{
	struct kh_object *key;

	(void)state;
	answer = modest;
	assert_int_equal(kh_unwrap(&unwrap, &key, NULL), KH_OK);
	assert_int_equal(asked_count, 3);
	assert_int_equal(key->handle, PRIVATE_KEY);
}

static CK_RV away(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)mechanism;
	(void)template;
	(void)count;
	return CKR_DEVICE_REMOVED;
}

static CK_RV full(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)mechanism;
	(void)template;
	(void)count;
	return CKR_DEVICE_MEMORY;
}

static void test_trouble_ends_it(void **state)
{
	struct kh_error error = {.code = KH_OK};
	struct kh_object *key;

	(void)state;
	answer = away;
	assert_int_equal(kh_unwrap(&unwrap, &key, &error), KH_TOKEN_REMOVED);
	assert_string_equal(error.call, "C_UnwrapKey");
	answer = full;
	assert_int_equal(kh_unwrap(&unwrap, &key, &error), KH_TOKEN_FULL);
	assert_int_equal(error.code, KH_TOKEN_FULL);
	assert_int_equal(asked_count, 2);
}

static CK_RV writes_and_fails(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)mechanism;
	(void)template;
	(void)count;
	left = 1;
	return CKR_GENERAL_ERROR;
}

static void test_what_a_failed_call_wrote_is_found(void **state)
{
	struct kh_object *key;

	(void)state;
	answer = writes_and_fails;
	assert_int_equal(kh_unwrap(&unwrap, &key, NULL), KH_OK);
	assert_int_equal(asked_count, 1);
	assert_int_equal(key->handle, PRIVATE_KEY);
}

static CK_RV opens_all(CK_MECHANISM_PTR mechanism, CK_ATTRIBUTE_PTR template, CK_ULONG count)
{
	(void)mechanism;
	(void)template;
	(void)count;
	return CKR_OK;
}

static void test_a_mark_that_was_left_out_is_set(void **state)
{
	struct kh_object *key;

	(void)state;
	answer = opens_all;
	forgets = true;
	assert_int_equal(kh_unwrap(&unwrap, &key, NULL), KH_OK);
	assert_int_equal(called("C_SetAttributeValue"), 1);
	assert_memory_equal(key->id.data, mark.id, sizeof(mark.id));
}

/* The key of last year, which the module does not keep twice. */
static void test_a_key_that_was_there_before_is_left_alone(void **state)
{
	struct kh_object *key;

	(void)state;
	answer = opens_all;
	forgets = true;
	left = 2; /* and which it shows twice */
	assert_int_equal(kh_inventory_refresh(&token, NULL), KH_OK);
	assert_int_equal(kh_unwrap(&unwrap, &key, NULL), KH_TOKEN_UNSUPPORTED);
	assert_int_equal(called("C_SetAttributeValue"), 0);
	assert_int_equal(token.inventory.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_everywhere, setup, teardown),
		cmocka_unit_test_setup_teardown(test_templates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trouble_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_mark_that_was_left_out_is_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_key_that_was_there_before_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_a_failed_call_wrote_is_found, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
