/*
 * A process that loses its daemon: in a call, between calls, hanging, deaf; and
 * the file that one process at a time holds.
 */
#include "life.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host_process.h"
#include "lifeline.h"
#include "unit.h"
#include "x509/moment.h"

#define GRACE 1500

/* Seen by both sides. */
static struct shared {
	atomic_bool ready;    /* go on: the daemon may die */
	atomic_bool go;	      /* the call may come back */
	atomic_bool inside;   /* a call runs */
	atomic_int calls;     /* that began */
	atomic_int neighbour; /* another process of the group */
} * shared;

struct host {
	struct kh_lifeline line;
	pid_t pid;
};

static void pause_ms(int milliseconds)
{
	poll(NULL, 0, milliseconds);
}

static void call_begin(void)
{
	kh_life_call_begin();
	shared->inside = true;
	shared->calls++;
}

static void call_end(void)
{
	shared->inside = false;
	kh_life_call_end();
}

static void become_host(struct host *host, void (*body)(void))
{
	char number[16];

	setpgid(0, 0);
	close(host->line.held);
	snprintf(number, sizeof(number), "%d", host->line.watched);
	setenv(KH_LIFELINE_VARIABLE, number, 1);
	snprintf(number, sizeof(number), "%d", GRACE);
	setenv(KH_GRACE_VARIABLE, number, 1);
	if (kh_life_start(NULL) != KH_OK)
		_exit(1);
	body();
	_exit(0);
}

static void start(struct host *host, void (*body)(void))
{
	memset(shared, 0, sizeof(*shared));
	assert_int_equal(kh_lifeline_create(&host->line, NULL), KH_OK);
	host->pid = fork();
	assert_true(host->pid >= 0);
	if (host->pid == 0)
		become_host(host, body);
	kh_lifeline_given(&host->line);
	while (!shared->ready)
		pause_ms(1);
}

static void die(struct host *host)
{
	kh_lifeline_finish(&host->line);
}

static bool ended(const struct host *host, int milliseconds, int *status)
{
	uint64_t end = kh_time_elapsed() + (uint64_t)milliseconds;

	do {
		if (waitpid(host->pid, status, WNOHANG) == host->pid)
			return true;
		pause_ms(1);
	} while (kh_time_elapsed() < end);
	return false;
}

static void expect_killed(const struct host *host, int milliseconds)
{
	int status;

	assert_true(ended(host, milliseconds, &status));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void wait_forever(void)
{
	shared->ready = true;
	for (;;)
		pause();
}

static void wait_with_neighbour(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	shared->neighbour = pid;
	wait_forever();
}

/* Whoever inherits it may not wait for it. */
static bool is_dead(pid_t pid)
{
	char path[64], text[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	return text[0] == '\0' || strstr(text, ") Z ") != NULL;
}

static void test_idle(void **state)
{
	struct host host;
	bool dead = false;

	(void)state;
	start(&host, wait_with_neighbour);
	die(&host);
	expect_killed(&host, 20000);
	for (int i = 0; i < 5000 && !dead; i++, pause_ms(1))
		dead = is_dead(shared->neighbour);
	assert_true(dead);
}

static void finish_call_and_try_another(void)
{
	call_begin();
	shared->ready = true;
	while (!shared->go)
		pause_ms(1);
	call_end();
	call_begin();
	call_end();
}

static void test_in_a_call(void **state)
{
	struct host host;
	int status;

	(void)state;
	start(&host, finish_call_and_try_another);
	die(&host);
	assert_false(ended(&host, GRACE / 5, &status));
	shared->go = true;
	expect_killed(&host, 20000);
	assert_false(shared->inside);
	assert_int_equal(shared->calls, 1);
}

static void hang_deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	call_begin();
	sigprocmask(SIG_SETMASK, &all, NULL);
	wait_forever();
}

static void test_hanging_and_deaf(void **state)
{
	struct host host;
	int status;

	(void)state;
	start(&host, hang_deaf);
	kill(host.pid, SIGTERM);
	die(&host);
	assert_false(ended(&host, GRACE / 5, &status));
	expect_killed(&host, 20000);
	assert_true(shared->inside);
}

static void call_and_call(void)
{
	shared->ready = true;
	for (;;) {
		call_begin();
		call_end();
	}
}

/* Whatever the moment: never in a call. */
static void test_any_moment(void **state)
{
	struct host host;

	(void)state;
	for (int i = 0; i < 200; i++) {
		start(&host, call_and_call);
		for (volatile int wait = 0; wait < i * 500; wait++)
			;
		if (i % 2)
			kill(host.pid, SIGTERM);
		else
			die(&host);
		expect_killed(&host, 20000);
		assert_false(shared->inside);
		die(&host);
	}
}

static void test_session_ends_in_a_call(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP};
	struct host host;
	int status;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		start(&host, finish_call_and_try_another);
		kill(host.pid, signals[i]);
		assert_false(ended(&host, 100, &status));
		shared->go = true;
		expect_killed(&host, 20000);
		assert_int_equal(shared->calls, 1);
		die(&host);
	}
}

static void end_in_order(void)
{
	shared->ready = true;
	call_begin();
	call_end();
}

static void test_ends_by_itself(void **state)
{
	struct host host;
	int status;

	(void)state;
	start(&host, end_in_order);
	assert_true(ended(&host, 20000, &status));
	assert_int_equal(status, 0);
	die(&host);
}

static char held_file[] = "/tmp/keyhall-held-XXXXXX";

/* A module's helper that lives on must not hold it. */
static void hold_and_fork(void)
{
	if (!kh_process_hold(held_file, 10000))
		_exit(1);
	wait_with_neighbour();
}

static void hold(void)
{
	shared->ready = true;
	if (!kh_process_hold(held_file, 10000))
		_exit(1);
}

static void test_one_holds(void **state)
{
	struct host first, second;
	int status, file = mkstemp(held_file);
	pid_t neighbour;

	(void)state;
	assert_true(file >= 0);
	close(file);
	start(&first, hold_and_fork);
	neighbour = shared->neighbour;
	start(&second, hold);
	assert_false(ended(&second, 100, &status));
	assert_false(kh_process_hold(held_file, 50));
	kill(first.pid, SIGKILL);
	assert_true(ended(&second, 20000, &status));
	assert_int_equal(status, 0);
	kill(neighbour, SIGKILL);
	expect_killed(&first, 20000);
	die(&first);
	die(&second);
	unlink(held_file);
	assert_false(kh_process_hold("/dev/null/held", 10000));
}

static int share(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_in_a_call),
		cmocka_unit_test(test_hanging_and_deaf),
		cmocka_unit_test(test_any_moment),
		cmocka_unit_test(test_session_ends_in_a_call),
		cmocka_unit_test(test_ends_by_itself),
		cmocka_unit_test(test_one_holds),
	};
	return cmocka_run_group_tests(tests, share, NULL);
}
