/*
 * The page that says which call is running, also across a process.
 */
#include "mark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static void test_empty(void **state)
{
	struct kh_mark mark = {0};
	char call[KH_MARK_SIZE] = "x";

	(void)state;
	kh_mark_set(&mark, "C_Sign");
	kh_mark_get(&mark, call, sizeof(call));
	assert_string_equal(call, "");
	assert_int_equal(kh_mark_handle(&mark), -1);
	assert_int_equal(kh_mark_open(&mark, NULL, NULL), KH_OK);
	kh_mark_finish(&mark);
}

static void test_number_refused(void **state)
{
	static const char *const bad[] = {"", "x", "3x", "-1", "0", "99999999999", "1000"};
	struct kh_mark mark;
	struct kh_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(kh_mark_open(&mark, bad[i], &error), KH_AGENT_FAILED);
		assert_null(mark.page);
	}
}

static void test_set_and_get(void **state)
{
	struct kh_mark mark;
	char call[KH_MARK_SIZE], small[4], text[100];

	(void)state;
	assert_int_equal(kh_mark_create(&mark, NULL), KH_OK);
	kh_mark_get(&mark, call, sizeof(call));
	assert_string_equal(call, "");
	kh_mark_set(&mark, "C_GenerateKeyPair");
	kh_mark_set(&mark, "C_Sign");
	kh_mark_get(&mark, call, sizeof(call));
	assert_string_equal(call, "C_Sign");
	kh_mark_get(&mark, small, sizeof(small));
	assert_string_equal(small, "");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	kh_mark_set(&mark, text);
	kh_mark_get(&mark, call, sizeof(call));
	assert_int_equal(strlen(call), KH_MARK_SIZE - 1);
	memset(mark.page, 0xff, KH_MARK_SIZE);
	kh_mark_get(&mark, call, sizeof(call));
	assert_string_equal(call, "");
	kh_mark_finish(&mark);
}

/* As a token host that dies in a call. */
static void child(int handle)
{
	struct kh_mark mark;
	char number[16];

	snprintf(number, sizeof(number), "%d", handle);
	if (kh_mark_open(&mark, number, NULL) != KH_OK)
		_exit(1);
	kh_mark_set(&mark, "C_CreateObject");
	_exit(0);
}

static void test_other_process(void **state)
{
	struct kh_mark mark;
	char call[KH_MARK_SIZE];
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(kh_mark_create(&mark, NULL), KH_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		child(kh_mark_handle(&mark));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	kh_mark_get(&mark, call, sizeof(call));
	assert_string_equal(call, "C_CreateObject");
	kh_mark_finish(&mark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_number_refused),
		cmocka_unit_test(test_set_and_get),
		cmocka_unit_test(test_other_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
