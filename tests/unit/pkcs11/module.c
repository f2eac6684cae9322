/* A module's profile, by what C_GetInfo says. */
#include "token/module.h"

#include <string.h>

#include "unit.h"

static const char text[] =
	"{\"name\":\"a\",\"match\":[{\"manufacturer\":\"x\",\"version\":\"1.10\"}],\"sm2\":{\"keyType\":"
	"\"0x80000004\",\"pair\":\"0x80008001\",\"sign\":{\"mechanism\":\"0x80008105\",\"input\":\"digest\","
	"\"output\":\"raw\"}}}";

/* C_GetInfo pads with blanks; some modules with zeros. */
static void test_profile(void **state)
{
	struct kh_buffer complaint = {0};
	struct kh_profile profile;
	const struct kh_profiles profiles = {.items = &profile, .count = 1};
	struct kh_module module;

	(void)state;
	assert_true(kh_profile_read(text, sizeof(text) - 1, &profile, &complaint));
	kh_module_init(&module, "/x/libx.so");
	module.profiles = &profiles;
	assert_null(kh_module_profile(&module));
	assert_null(kh_module_sm2(&module));
	memset(module.info.manufacturerID, ' ', sizeof(module.info.manufacturerID));
	module.info.manufacturerID[0] = 'X';
	module.info.libraryVersion = (CK_VERSION){1, 10};
	kh_module_choose_profile(&module);
	assert_ptr_equal(kh_module_profile(&module), &profile);
	assert_ptr_equal(kh_module_sm2(&module), &profile);
	memset(module.info.manufacturerID, 0, sizeof(module.info.manufacturerID));
	kh_module_choose_profile(&module);
	assert_null(kh_module_profile(&module));
	kh_profile_clear(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_profile)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
