/* PIN states SoftHSM never shows: final try, locked by result or by flag, a pad. */
#include "pin/login.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stub.h"
#include "x509/moment.h"

static const char pinentry_text[] =
	"#!/bin/sh\n"
	"d=$(dirname \"$0\")\n"
	"echo OK\n"
	"while read -r line; do\n"
	"  echo \"$line\" >>\"$d/asked\"\n"
	"  case $line in\n"
	"  GETPIN*) echo \"D $(cat \"$d/pin\")\"; echo OK ;;\n"
	"  CONFIRM*) if [ -e \"$d/no\" ]; then echo ERR 83886194 no; else echo OK; fi ;;\n"
	"  BYE*) exit 0 ;;\n"
	"  *) echo OK ;;\n"
	"  esac\n"
	"done\n";

static struct scene {
	struct kh_host host;
	struct kh_token token;
	char folder[64];
	char program[96];
	char origin[32];
	char locale[8];
	struct kh_host_prompt prompt;
	int in[2];
	int out;
} scene;

static void write_file(const char *name, const char *text)
{
	char path[128];
	int file;

	snprintf(path, sizeof(path), "%s/%s", scene.folder, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

static size_t count_asked(const char *verb)
{
	char path[128];
	char line[1024];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/asked", scene.folder);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		count += strncmp(line, verb, strlen(verb)) == 0;
	if (file)
		fclose(file);
	return count;
}

static int setup(void **state)
{
	struct kh_error error;

	(void)state;
	memset(&scene, 0, sizeof(scene));
	snprintf(scene.folder, sizeof(scene.folder), "/tmp/keyhall-login-XXXXXX");
	assert_non_null(mkdtemp(scene.folder));
	snprintf(scene.program, sizeof(scene.program), "%s/pinentry", scene.folder);
	write_file("pinentry", pinentry_text);
	write_file("pin", "5678");
	assert_int_equal(pipe(scene.in), 0);
	scene.out = open("/dev/null", O_WRONLY);
	assert_int_equal(kh_host_init(&scene.host, "/stub/stub.so", scene.in[0], scene.out, &error), KH_OK);
	stub_start(&scene.host.module, &scene.token);
	scene.host.settings.pinentry = scene.program;
	snprintf(scene.origin, sizeof(scene.origin), "https://hall");
	snprintf(scene.locale, sizeof(scene.locale), "en");
	scene.prompt = (struct kh_host_prompt){
		.session = 1, .origin = scene.origin, .locale = scene.locale, .purpose = KH_HOST_PROMPT_PURPOSE_VERIFY};
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"pinentry", "pin", "asked", "no"};
	char path[128];

	(void)state;
	scene.host.settings.pinentry = NULL;
	scene.host.module.running = false;
	kh_host_finish(&scene.host);
	kh_inventory_clear(&scene.token.inventory);
	free(scene.token.uri);
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", scene.folder, names[i]);
		unlink(path);
	}
	rmdir(scene.folder);
	close(scene.in[1]);
	close(scene.out);
	return 0;
}

static enum kh_code login(struct kh_error *error)
{
	return kh_login(&scene.host, &scene.token, &scene.prompt, false, error);
}

static CK_RV wrong(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	(void)pin;
	(void)length;
	return CKR_PIN_INCORRECT;
}

static CK_RV wrong_and_locked_by_flag(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	stub.flags = CKF_USER_PIN_LOCKED;
	return wrong(pin, length);
}

static CK_RV wrong_and_final(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	stub.flags = CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW;
	return wrong(pin, length);
}

static CK_RV locked(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	(void)pin;
	(void)length;
	return CKR_PIN_LOCKED;
}

static CK_RV good(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	return length == 4 && memcmp(pin, "5678", 4) == 0 ? CKR_OK : CKR_PIN_INCORRECT;
}

static void test_good(void **state)
{
	struct kh_error error;

	(void)state;
	stub.login = good;
	assert_int_equal(login(&error), KH_OK);
	assert_true(scene.token.lease.active);
	assert_int_equal(login(&error), KH_OK);
	assert_int_equal(called("C_Login"), 1);
	scene.prompt.session = 2;
	assert_int_equal(login(&error), KH_OK);
	assert_int_equal(called("C_Logout"), 1);
	assert_int_equal(called("C_Login"), 2);
	kh_logout_session(&scene.host, 1);
	assert_true(scene.token.lease.active);
	kh_logout(&scene.token);
}

static void test_tries_left(void **state)
{
	struct kh_error error;

	(void)state;
	stub.login = wrong;
	assert_int_equal(login(&error), KH_PIN_INCORRECT);
	assert_int_equal(error.left, KH_PIN_LEFT_MANY);
	assert_string_equal(error.serial, "0042");
	write_file("pin", "1111");
	stub.login = wrong_and_final;
	assert_int_equal(login(&error), KH_PIN_INCORRECT);
	assert_int_equal(error.left, KH_PIN_LEFT_LAST);
	write_file("pin", "2222");
	stub.login = wrong_and_locked_by_flag;
	assert_int_equal(login(&error), KH_PIN_LOCKED);
	assert_int_equal(count_asked("CONFIRM"), 1);
	assert_int_equal(login(&error), KH_PIN_LOCKED);
	assert_int_equal(count_asked("GETPIN"), 3);
	assert_int_equal(called("C_Login"), 3);
}

static void test_locked_by_result(void **state)
{
	struct kh_error error;

	(void)state;
	stub.login = locked;
	assert_int_equal(login(&error), KH_PIN_LOCKED);
	assert_false(scene.token.lease.active);
}

static void test_last_try_is_not_spent_without_a_yes(void **state)
{
	struct kh_error error;

	(void)state;
	stub.flags = CKF_USER_PIN_FINAL_TRY;
	write_file("no", "");
	assert_int_equal(login(&error), KH_PIN_CANCELLED);
	assert_int_equal(called("C_Login"), 0);
	assert_int_equal(count_asked("GETPIN"), 0);
}

static void test_wrong_pin_is_not_sent_twice(void **state)
{
	struct kh_error error;

	(void)state;
	stub.login = good;
	write_file("pin", "9999");
	assert_int_equal(login(&error), KH_PIN_INCORRECT);
	assert_int_equal(login(&error), KH_PIN_CANCELLED);
	assert_int_equal(called("C_Login"), 1);
	write_file("pin", "5678");
	assert_int_equal(login(&error), KH_OK);
	kh_logout(&scene.token);
}

static void test_pad(void **state)
{
	struct kh_error error;

	(void)state;
	stub.flags = CKF_PROTECTED_AUTHENTICATION_PATH;
	assert_int_equal(login(&error), KH_OK);
	assert_int_equal(count_asked("GETPIN"), 0);
	assert_int_equal(called("C_Login"), 1);
	kh_logout(&scene.token);
}

static CK_RV expired(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	CK_RV rv = good(pin, length);

	return rv == CKR_OK ? CKR_PIN_EXPIRED : rv;
}

/* M5: what the last login said is shown until one succeeds. */
static void test_expired_by_result(void **state)
{
	struct kh_error error;

	(void)state;
	stub.login = expired;
	assert_int_equal(login(&error), KH_PIN_EXPIRED);
	assert_string_equal(error.serial, "0042");
	assert_int_equal(kh_token_pin_state(&scene.token), KH_PIN_STATE_EXPIRED);
	assert_int_equal(kh_pin_change(&scene.host, &scene.token, &scene.prompt, &error), KH_OK);
	assert_int_equal(called("C_SetPIN"), 1);
	assert_int_equal(kh_token_pin_state(&scene.token), KH_PIN_STATE_OK);
	stub.login = good;
	assert_int_equal(login(&error), KH_OK);
	kh_logout(&scene.token);
}

/* M5: a flag that stays when the PIN was changed is out of date; the SO's say nothing. */
static void test_expired_by_flag(void **state)
{
	struct kh_error error;

	(void)state;
	stub.flags = CKF_SO_PIN_TO_BE_CHANGED | CKF_SO_PIN_LOCKED | CKF_SO_PIN_FINAL_TRY | CKF_SO_PIN_COUNT_LOW;
	assert_int_equal(login(&error), KH_OK);
	assert_int_equal(kh_token_pin_state(&scene.token), KH_PIN_STATE_OK);
	kh_logout(&scene.token);
	stub.flags = CKF_USER_PIN_TO_BE_CHANGED;
	assert_int_equal(login(&error), KH_PIN_EXPIRED);
	assert_int_equal(count_asked("GETPIN"), 1);
	assert_int_equal(kh_pin_change(&scene.host, &scene.token, &scene.prompt, &error), KH_OK);
	assert_int_equal(login(&error), KH_OK);
	kh_logout(&scene.token);
}

/* M6: before the PIN is asked, also while a login lasts. */
static void test_read_only(void **state)
{
	struct kh_error error;

	(void)state;
	assert_int_equal(login(&error), KH_OK);
	stub.flags = CKF_WRITE_PROTECTED;
	assert_int_equal(kh_token_read_info(&scene.token, &error), KH_OK);
	scene.prompt.purpose = KH_HOST_PROMPT_PURPOSE_BEGIN;
	assert_int_equal(login(&error), KH_TOKEN_READONLY);
	kh_logout(&scene.token);
	assert_int_equal(login(&error), KH_TOKEN_READONLY);
	assert_int_equal(count_asked("GETPIN"), 1);
}

/* M20: a window says the length; the same answer three times ends it. */
static void test_too_short(void **state)
{
	struct kh_error error;

	(void)state;
	write_file("pin", "567");
	assert_int_equal(login(&error), KH_PIN_CANCELLED);
	assert_int_equal(called("C_Login"), 0);
	assert_int_equal(count_asked("GETPIN"), KH_PIN_SAME_MAX);
	assert_int_equal(count_asked("SETERROR"), KH_PIN_SAME_MAX - 1);
}

/* Another token with the same serial number: its PIN is another one. */
static void test_wrong_pin_of_another_token(void **state)
{
	struct kh_token other = {.module = &scene.host.module, .slot = 1};
	struct kh_error error;

	(void)state;
	stub.login = wrong;
	assert_int_equal(login(&error), KH_PIN_INCORRECT);
	stub.login = good;
	stub.label = "other";
	assert_int_equal(kh_login(&scene.host, &other, &scene.prompt, false, &error), KH_OK);
	assert_string_equal(other.name.serial, scene.token.name.serial);
	kh_logout(&other);
	kh_inventory_clear(&other.inventory);
	free(other.uri);
}

static bool first;

static CK_RV already(CK_UTF8CHAR_PTR pin, CK_ULONG length)
{
	if (first) {
		first = false;
		return CKR_USER_ALREADY_LOGGED_IN;
	}
	return good(pin, length);
}

static void test_already_logged_in_verifies_nothing(void **state)
{
	struct kh_error error;

	(void)state;
	stub.login = already;
	first = true;
	write_file("pin", "0000");
	assert_int_equal(login(&error), KH_PIN_INCORRECT);
	assert_int_equal(called("C_Logout"), 1);
	assert_int_equal(called("C_Login"), 2);
}

static void test_session_that_cannot_open(void **state)
{
	struct kh_error error;

	(void)state;
	stub.open = CKR_SESSION_COUNT;
	assert_int_equal(login(&error), KH_TOKEN_BUSY);
	stub.open = CKR_TOKEN_NOT_PRESENT;
	assert_int_equal(login(&error), KH_TOKEN_REMOVED);
	assert_int_equal(count_asked("GETPIN"), 0);
}

static void test_new_pin_refused(void **state)
{
	struct kh_error error;

	(void)state;
	write_file("pin", "1234");
	assert_int_equal(kh_pin_change(&scene.host, &scene.token, &scene.prompt, &error), KH_PIN_UNCHANGED);
	assert_int_equal(count_asked("GETPIN"), 3);
	write_file("pin", "12345");
	assert_int_equal(kh_pin_change(&scene.host, &scene.token, &scene.prompt, &error), KH_OK);
}

static void test_idle_login_ends(void **state)
{
	struct kh_error error;

	(void)state;
	assert_int_equal(login(&error), KH_OK);
	scene.host.tokens.list[0] = &scene.token;
	scene.host.tokens.count = 1;
	kh_logout_idle(&scene.host);
	assert_true(scene.token.lease.active);
	scene.token.lease.used -= KH_LEASE_SECONDS * 1000u;
	kh_logout_idle(&scene.host);
	assert_false(scene.token.lease.active);
	assert_int_equal(called("C_Logout"), 1);
	scene.host.tokens.count = 0;
}

/* Its clock goes on while the machine sleeps. */
static void test_lease_clock(void **state)
{
	struct timespec boot;
	uint64_t now;

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	now = kh_time_elapsed();
	assert_in_range(now, (uint64_t)boot.tv_sec * 1000 + (uint64_t)boot.tv_nsec / 1000000,
			(uint64_t)boot.tv_sec * 1000 + 60000);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_good),
		CASE(test_tries_left),
		CASE(test_locked_by_result),
		CASE(test_last_try_is_not_spent_without_a_yes),
		CASE(test_wrong_pin_is_not_sent_twice),
		CASE(test_pad),
		CASE(test_already_logged_in_verifies_nothing),
		CASE(test_session_that_cannot_open),
		CASE(test_new_pin_refused),
		CASE(test_idle_login_ends),
		CASE(test_expired_by_result),
		CASE(test_expired_by_flag),
		CASE(test_read_only),
		CASE(test_too_short),
		CASE(test_wrong_pin_of_another_token),
		cmocka_unit_test(test_lease_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
