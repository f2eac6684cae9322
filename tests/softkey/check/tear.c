/* What a torn write leaves: objects that lack attributes, or all of them. */
#include "check.h"

static void make_pair(void *faults)
{
	check_restart(faults); /* its login makes two writes; the private key is the third */
	check_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, false);
}

static void tear(const char *faults)
{
	check_start(NULL, NULL);
	assert_int_equal(check_in_child(make_pair, (void *)(uintptr_t)faults), 9);
	check_restart(NULL);
}

/* The only object, whatever it is. */
static CK_OBJECT_HANDLE only_object(void)
{
	CK_OBJECT_HANDLE found[2];
	CK_ULONG count;

	OK(token->C_FindObjectsInit(session, NULL, 0));
	OK(token->C_FindObjects(session, found, 2, &count));
	OK(token->C_FindObjectsFinal(session));
	assert_int_equal(count, 1);
	return found[0];
}

static CK_RV read_attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BYTE value[512];
	CK_ATTRIBUTE attribute = {type, value, sizeof value};

	return token->C_GetAttributeValue(session, object, &attribute, 1);
}

static void test_no_attribute(void **state)
{
	(void)state;
	tear("write 3 tear 0\n");
	FAILS(read_attribute(only_object(), CKA_CLASS), CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 0);
	OK(token->C_DestroyObject(session, only_object()));
	check_finish();
}

static void test_unreadable(void **state)
{
	(void)state;
	tear("write 3 tear 1\n");
	FAILS(read_attribute(only_object(), CKA_CLASS), CKR_ATTRIBUTE_VALUE_INVALID);
	OK(token->C_DestroyObject(session, only_object()));
	check_finish();
}

static void test_half(void **state)
{
	(void)state;
	tear("write 3 tear 25\n");
	OK(read_attribute(only_object(), CKA_CLASS));
	OK(read_attribute(only_object(), CKA_LABEL));
	FAILS(read_attribute(only_object(), CKA_MODULUS), CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 1);
	check_finish();
}

static void test_no_value(void **state)
{
	CK_BYTE out[256];
	CK_ULONG length = sizeof out;

	(void)state;
	tear("write 3 tear 95\n");
	assert_true(check_flag(only_object(), CKA_SIGN));
	OK(read_attribute(only_object(), CKA_MODULUS));
	FAILS(check_sign(only_object(), CKM_RSA_PKCS, "text", 4, out, &length), CKR_GENERAL_ERROR);
	check_finish();
}

/* The second key is torn, the first is whole; a label is changed whole or not at all. */
static void change_label(void *faults)
{
	struct template label = {0};

	check_restart(faults);
	template_add(&label, CKA_LABEL, "other", 5);
	token->C_SetAttributeValue(session, only_object(), label.list, label.count);
}

static void test_what_was_there(void **state)
{
	CK_BYTE out[256];
	CK_ULONG length = sizeof out;

	(void)state;
	tear("write 4 tear 0\n");
	assert_int_equal(check_count(CKO_PRIVATE_KEY), 1);
	check_finish();
	tear("write 4 cut\n");
	assert_int_equal(check_in_child(change_label, (void *)(uintptr_t) "C_SetAttributeValue 1 tear 0\n"), 9);
	check_restart(NULL);
	OK(check_sign(only_object(), CKM_RSA_PKCS, "text", 4, out, &length));
	check_finish();
}

int check_tear(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_attribute), cmocka_unit_test(test_unreadable),	    cmocka_unit_test(test_half),
		cmocka_unit_test(test_no_value),     cmocka_unit_test(test_what_was_there),
	};

	return cmocka_run_group_tests_name("torn writes", tests, NULL, NULL);
}
