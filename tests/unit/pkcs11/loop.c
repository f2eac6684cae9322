/* Lines in over a pipe: pieces, blank lines, too long ones, cancel out of turn. */
#include "loop.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

struct scene {
	struct kh_loop loop;
	int in[2];
	int out[2];
};

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	if (pipe(scene->in) != 0 || pipe(scene->out) != 0)
		return -1;
	return kh_loop_init(&scene->loop, scene->in[0], scene->out[1], NULL) == KH_OK ? 0 : -1;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	kh_loop_finish(&scene->loop);
	close(scene->in[1]);
	close(scene->out[0]);
	close(scene->out[1]);
	free(scene);
	return 0;
}

static void send_text(struct scene *scene, const char *text)
{
	assert_int_equal(write(scene->in[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void expect_method(struct scene *scene, int id)
{
	struct kh_line *request = kh_loop_next(&scene->loop);

	assert_non_null(request);
	if (id < 0)
		assert_null(request->message.method);
	else
		assert_int_equal(request->message.method->id, id);
	kh_line_free(request);
}

static void test_lines(void **state)
{
	struct scene *scene = *state;

	send_text(scene, "\n \r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"token.list\"}\n{\"jsonrpc\":\"2.0\",");
	expect_method(scene, KH_HOST_METHOD_TOKEN_LIST);
	send_text(scene, "\"id\":2,\"method\":\"certificate.list\"}\nnonsense\n");
	expect_method(scene, KH_HOST_METHOD_CERTIFICATE_LIST);
	expect_method(scene, -1);
	close(scene->in[1]);
	assert_null(kh_loop_next(&scene->loop));
	assert_true(scene->loop.ended);
	scene->in[1] = dup(0);
}

static void test_cancel_out_of_turn(void **state)
{
	struct scene *scene = *state;

	send_text(scene,
		  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"token.list\"}\n"
		  "{\"jsonrpc\":\"2.0\",\"method\":\"host.cancel\",\"params\":{\"session\":4}}\n"
		  "{\"jsonrpc\":\"2.0\",\"method\":\"host.cancel\",\"params\":{\"session\":5}}\n"
		  "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"certificate.list\"}\n");
	kh_loop_turn(&scene->loop);
	assert_false(kh_loop_cancelled(&scene->loop, 3));
	assert_true(kh_loop_cancelled(&scene->loop, 5));
	assert_false(kh_loop_cancelled(&scene->loop, 5));
	expect_method(scene, KH_HOST_METHOD_TOKEN_LIST);
	expect_method(scene, KH_HOST_METHOD_HOST_CANCEL);
	expect_method(scene, KH_HOST_METHOD_CERTIFICATE_LIST);
}

static void test_alarm(void **state)
{
	struct scene *scene = *state;

	kh_loop_alarm(&scene->loop, 1);
	assert_null(kh_loop_next(&scene->loop));
	assert_true(scene->loop.timer_due);
	assert_false(scene->loop.ended);
	kh_loop_alarm(&scene->loop, 0);
	assert_false(scene->loop.timer_due);
	/* Due before anybody waits. */
	kh_loop_alarm(&scene->loop, 1);
	usleep(10000);
	assert_null(kh_loop_next(&scene->loop));
	assert_true(scene->loop.timer_due);
}

static void test_write(void **state)
{
	struct scene *scene = *state;
	char text[128] = "";

	kh_loop_prompting(&scene->loop, true);
	assert_true(read(scene->out[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "{\"jsonrpc\":\"2.0\",\"method\":\"host.prompting\",\"params\":{\"open\":true}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_out_of_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alarm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
