/* The PIN window's program is gone when the window is, also where the agent went meanwhile. */
#include "pin/window.h"

#include <unistd.h>

#include "unit.h"

#define SILENT "/bin/cat" /* takes every line and ends with its input; says nothing that counts */

static void test_agent_goes_while_tried(void **state)
{
	const char *program = NULL;
	struct kh_loop loop;
	int in[2];
	int out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(kh_loop_init(&loop, in[0], out[1], NULL), KH_OK);
	close(in[1]);
	assert_int_equal(kh_pin_window_try(&loop, SILENT, &program), KH_HOST_WINDOW_TRY_RESULT_STATE_ABSENT);
	assert_string_equal(program, SILENT);
	uv_run(&loop.uv, UV_RUN_NOWAIT);
	assert_false(uv_loop_alive(&loop.uv)); /* no handle points into the window that was */
	kh_loop_finish(&loop);
	close(out[0]);
	close(out[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_agent_goes_while_tried)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
