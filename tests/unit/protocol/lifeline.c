/*
 * The pipe that ends with the daemon, across a process.
 */
#include "lifeline.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

static void test_by_hand(void **state)
{
	struct kh_lifeline line = {.watches = true};

	(void)state;
	assert_int_equal(kh_lifeline_open(&line, NULL, NULL), KH_OK);
	assert_false(line.watches);
	kh_lifeline_finish(&line);
}

static void test_number_refused(void **state)
{
	static const char *const bad[] = {"", "x", "4x", "-1", "0", "2", "99999999999", "1000"};
	struct kh_lifeline line;
	struct kh_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(kh_lifeline_open(&line, bad[i], &error), KH_AGENT_FAILED);
		assert_false(line.watches);
	}
}

static void test_nothing_inherited(void **state)
{
	struct kh_lifeline line, other;
	char number[16];

	(void)state;
	assert_int_equal(kh_lifeline_create(&line, NULL), KH_OK);
	assert_int_equal(fcntl(line.held, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(line.watched, F_GETFD), FD_CLOEXEC);
	/* As the child has it: not closed by its start. */
	snprintf(number, sizeof(number), "%d", dup(kh_lifeline_handle(&line)));
	assert_int_equal(kh_lifeline_open(&other, number, NULL), KH_OK);
	assert_int_equal(fcntl(other.watched, F_GETFD), FD_CLOEXEC);
	kh_lifeline_finish(&other);
	kh_lifeline_finish(&line);
	kh_lifeline_finish(&line);
}

/* 0 while the other process waits, 1 when it has ended. */
static int ended(pid_t pid, int milliseconds)
{
	int status = -1;

	for (int i = 0; i <= milliseconds / 10; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			assert_int_equal(status, 0);
			return 1;
		}
		poll(NULL, 0, 10);
	}
	return 0;
}

static void test_other_process(void **state)
{
	struct kh_lifeline line;
	pid_t pid;

	(void)state;
	assert_int_equal(kh_lifeline_create(&line, NULL), KH_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(line.held);
		kh_lifeline_wait(&line);
		_exit(0);
	}
	kh_lifeline_given(&line);
	kh_lifeline_given(&line);
	assert_int_equal(ended(pid, 100), 0);
	kh_lifeline_finish(&line);
	assert_int_equal(ended(pid, 5000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_number_refused),
		cmocka_unit_test(test_nothing_inherited),
		cmocka_unit_test(test_other_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
