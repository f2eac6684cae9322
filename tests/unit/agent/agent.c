/*
 * What is claimed.
 */
#include "agent.h"

#include "unit.h"

#define FIRST "pkcs11:model=IBM;manufacturer=IBM;serial=123;token=First"
#define SECOND "pkcs11:model=IBM;manufacturer=IBM;serial=123;token=Second"

/* M16: every token of openCryptoki has the serial number 123. */
static void test_same_serial(void **state)
{
	struct kh_agent agent = {.holds = NULL};

	(void)state;
	assert_true(kh_agent_hold(&agent, FIRST, "A-1", 1));
	assert_true(kh_agent_token_busy(&agent, FIRST));
	assert_false(kh_agent_token_busy(&agent, SECOND));
	assert_false(kh_agent_hold(&agent, FIRST, "", 2));
	assert_false(kh_agent_hold(&agent, SECOND, "A-1", 2));
	assert_true(kh_agent_hold(&agent, SECOND, "A-2", 2));
	kh_agent_release(&agent, SECOND, 1);
	assert_true(kh_agent_token_busy(&agent, SECOND));
	kh_agent_release(&agent, SECOND, 2);
	assert_false(kh_agent_session_busy(&agent, 2));
	kh_agent_release(&agent, FIRST, 1);
	assert_null(agent.holds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_serial)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
