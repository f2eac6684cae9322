/*
 * What the environment check says of every state a machine can be in; keys on
 * the USB bus are played in tests/flow/usb.test.mjs.
 */
#include "environment/judge.h"

#include <stdio.h>
#include <string.h>

#include "token/link.h"
#include "unit.h"

#define NOW 1765756800 /* 2025-12-15T00:00:00Z */

/* A machine where everything is fine. */
static struct kh_settings settings;
static struct kh_token_link host;
static struct kh_modules modules;
static struct kh_environment environment;
static const struct kh_profiles profiles;
static struct kh_token_info tokens[2];
static struct kh_key_certificate certificate;
static char origin[] = "https://hall.example.cn", anchor[] = "/dev/null";
static char *origins[] = {origin}, *anchors[] = {anchor, anchor}, *problems[] = {origin};
static char from[] = "2025-01-01T00:00:00Z", until[] = "2026-01-01T00:00:00Z";
static struct kh_renewal_list_result renewals;
static struct kh_host_chain_look_result chains;
static struct kh_renewal_info waiting;
static char downloads[] = "https://hall.example.cn/downloads", label[] = "key", serial[] = "42", driver[] = "driver.so";
static char uris[2][24] = {"pkcs11:serial=42", "pkcs11:serial=43"};

static int make_fine(void **state)
{
	(void)state;
	settings = (struct kh_settings){.config = {.origins = origins,
						   .origins_count = 1,
						   .anchors = anchors,
						   .anchors_count = 2,
						   .downloads = downloads}};
	host = (struct kh_token_link){.module = "driver.so", .program = "driver.so"};
	for (size_t i = 0; i < 2; i++)
		tokens[i] = (struct kh_token_info){.token = uris[i],
						   .label = label,
						   .serial = serial,
						   .module = driver,
						   .pin = KH_PIN_STATE_OK,
						   .has_free = true,
						   .free = 65536};
	certificate = (struct kh_key_certificate){.token = uris[0], .not_before = from, .not_after = until};
	modules = (struct kh_modules){.count = 1};
	modules.items[0] = (struct kh_driver){.link = &host,
					      .path = driver,
					      .tokens = {.tokens = tokens, .tokens_count = 1},
					      .certificates = {.certificates = &certificate, .certificates_count = 1}};
	environment = (struct kh_environment){.settings = &settings,
					      .modules = &modules,
					      .profiles = &profiles,
					      .renewals = &renewals,
					      .chains = &chains,
					      .now = NOW,
					      .hall_time = NOW,
					      .journal_works = true,
					      .ipv6 = true,
					      .running = true};
	settings.before.months = settings.after.months = 1;
	renewals = (struct kh_renewal_list_result){.renewals = &waiting};
	waiting = (struct kh_renewal_info){.order = serial, .next = KH_NEXT_INSTALL};
	modules.window = (struct kh_host_window_try_result){.state = KH_HOST_WINDOW_TRY_RESULT_STATE_USABLE};
	modules.window_tried = true;
	modules.anchors = (struct kh_host_anchors_read_result){.usable = 1};
	modules.anchors_read = true;
	return 0;
}

/* Everything else is ok, and says so in both languages. */
static void expect(const char *id, const char *item_state, const char *code, const char *remedy)
{
	static const char *const locales[] = {"zh-CN", "en"};

	for (size_t n = 0; n < 2; n++) {
		struct kh_environment_check_result result;
		bool found = false;

		kh_environment_judge(&environment, locales[n], &result);
		for (size_t i = 0; i < result.items_count; i++) {
			const struct kh_environment_item *item = &result.items[i];
			bool same = strcmp(kh_enum_text(&kh_environment_item_id_names, (int)item->id), id) == 0;

			found = found || same;
			if (item->id == KH_ENVIRONMENT_ITEM_ID_USB && modules.items[0].tokens.tokens_count == 0)
				continue; /* no bus here */
			assert_true(item->text[0] != '\0');
			assert_string_equal(kh_enum_text(&kh_environment_item_state_names, (int)item->state),
					    same ? item_state : "ok");
			assert_string_equal(item->code, same ? code : "ok");
			assert_in_range(item->number, 2000, 3999);
			assert_int_equal(item->remedy != NULL, same && remedy != NULL);
			if (item->remedy == NULL)
				continue;
			assert_string_equal(kh_enum_text(&kh_remedy_kind_names, (int)item->remedy->kind), remedy);
			assert_true(item->remedy->text[0] != '\0');
			assert_int_equal(item->remedy->url != NULL, strcmp(remedy, "driver") == 0);
		}
		assert_true(found);
		kh_clear(&kh_environment_check_result_type, &result);
	}
}

static void test_fine(void **state)
{
	static const char *const ids[] = {"agent",   "version", "hall",	 "anchors", "usb",    "driver",
					  "reader",  "key",	"pin",	 "space",   "window", "certificate",
					  "pending", "clock",	"state", "other"};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		expect(ids[i], "ok", "ok", NULL);
}

static void test_configuration(void **state)
{
	settings.config.origins_count = 0;
	expect("hall", "warn", "hall.none", "contact");
	make_fine(state);
	settings.config.anchors_count = 0;
	expect("anchors", "fail", "anchors.missing", "contact");
	make_fine(state);
	modules.anchors_read = false;
	expect("anchors", "unknown", "anchors.untried", NULL);
	make_fine(state);
	environment.journal_works = false;
	expect("state", "warn", "state.failed", NULL);
}

static const struct kh_environment_item *item_of(const struct kh_environment_check_result *result, const char *id)
{
	for (size_t i = 0; i < result->items_count; i++) {
		if (strcmp(kh_enum_text(&kh_environment_item_id_names, (int)result->items[i].id), id) == 0)
			return &result->items[i];
	}
	fail_msg("no row %s", id);
	return NULL;
}

static const char *item_text(const struct kh_environment_check_result *result, const char *id)
{
	return item_of(result, id)->text;
}

/* Its driver is not to blame. */
static void test_mixed(void **state)
{
	struct kh_environment_check_result result;

	(void)state;
	host.failure = (struct kh_error){.code = KH_AGENT_MIXED, .value = "9.9.9"};
	kh_environment_judge(&environment, "en", &result);
	assert_int_equal(item_of(&result, "version")->state, KH_ENVIRONMENT_ITEM_STATE_FAIL);
	assert_string_equal(item_of(&result, "version")->code, "agent.mixed");
	assert_non_null(strstr(item_text(&result, "version"), "9.9.9"));
	assert_int_equal(item_of(&result, "driver")->state, KH_ENVIRONMENT_ITEM_STATE_UNKNOWN);
	kh_clear(&kh_environment_check_result_type, &result);
}

static void test_machine(void **state)
{
	static char gtk[] = "pinentry-gtk-2";

	host.host.reader = true;
	expect("reader", "ok", "ok", NULL);
	environment.reader = KH_READER_STOPPED;
	expect("reader", "fail", "reader.stopped", "settings");
	environment.reader = KH_READER_ABSENT;
	expect("reader", "fail", "reader.absent", "install");
	host.host.reader = false;
	expect("reader", "ok", "ok", NULL);
	make_fine(state);
	modules.window.state = KH_HOST_WINDOW_TRY_RESULT_STATE_ABSENT;
	expect("window", "fail", "window.absent", "contact");
	modules.window.program = gtk;
	expect("window", "fail", "window.absent", "contact");
	modules.window.state = KH_HOST_WINDOW_TRY_RESULT_STATE_DISPLAY;
	expect("window", "fail", "window.display", "settings");
	modules.window_tried = false;
	expect("window", "unknown", "window.untried", NULL);
	make_fine(state);
	modules.items[0].listed = KH_TOKEN_BUSY;
	modules.items[0].path = anchor;
	expect("other", "fail", "token.busy", "settings");
	make_fine(state);
}

static void test_clock(void **state)
{
	static const struct {
		int64_t away;
		const char *state, *code, *remedy;
	} rows[] = {
		{120, "ok", "ok", NULL},
		{-121, "warn", "clock.away", "settings"},
		{540, "warn", "clock.away", "settings"},
		{-541, "fail", "clock.wrong", "settings"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		environment.hall_time = NOW - rows[i].away;
		expect("clock", rows[i].state, rows[i].code, rows[i].remedy);
	}
	environment.hall_time = 0;
	expect("clock", "unknown", "clock.untried", NULL);
	make_fine(state);
}

static void test_space(void **state)
{
	tokens[0].free = 4095;
	expect("space", "warn", "space.low", "contact");
	tokens[0].free = 0;
	expect("space", "fail", "token.full", "contact");
	tokens[0].has_free = false;
	expect("space", "unknown", "space.unknown", NULL);
	make_fine(state);
}

static void test_window(void **state)
{
	environment.now = environment.hall_time = NOW - 30 * 86400;
	expect("certificate", "warn", "certificate.early", NULL);
	environment.now = environment.hall_time = NOW + 60 * 86400;
	expect("certificate", "warn", "certificate.late", NULL);
	settings.enforce = true;
	expect("certificate", "fail", "renewal.window", "contact");
	make_fine(state);
	certificate.has_has_private_key = true;
	expect("certificate", "fail", "certificate.no_key", "contact");
	make_fine(state);
}

/* An order of another key waits for nobody here. */
static void test_pending(void **state)
{
	renewals.renewals_count = 1;
	waiting.serial = serial;
	expect("pending", "warn", "pending.waits", "continue");
	waiting.token = uris[1];
	expect("pending", "ok", "ok", NULL);
	waiting.token = uris[0];
	expect("pending", "warn", "pending.waits", "continue");
	waiting.next = KH_NEXT_NONE;
	expect("pending", "ok", "ok", NULL);
	make_fine(state);
}

/* C3: a row names the file and what is wrong with it; one that is good is enough to go on. */
static void test_anchors(void **state)
{
	static char first[] = "root.p7b", second[] = "old.pem";
	struct kh_host_anchor_problem wrong[] = {{first, KH_HOST_ANCHOR_PROBLEM_REASON_EMPTY},
						 {second, KH_HOST_ANCHOR_PROBLEM_REASON_EXPIRED}};
	struct kh_environment_check_result result;

	modules.anchors.problems = wrong;
	modules.anchors.problems_count = 2;
	expect("anchors", "warn", "anchors.partial", "contact");
	modules.anchors.usable = 0;
	expect("anchors", "fail", "anchors.unusable", "contact");
	kh_environment_judge(&environment, "zh-CN", &result);
	assert_string_equal(item_text(&result, "anchors"),
			    "CA 根证书均无法使用：root.p7b（文件为空）、old.pem（证书已过期）。");
	kh_clear(&kh_environment_check_result_type, &result);
	kh_environment_judge(&environment, "en", &result);
	assert_string_equal(item_text(&result, "anchors"),
			    "No CA root certificate can be used: root.p7b (the file is empty), "
			    "old.pem (the certificate has expired).");
	kh_clear(&kh_environment_check_result_type, &result);
	/* Every reason has its words. */
	modules.anchors.problems_count = 1;
	for (int i = 1; i < kh_host_anchor_problem_reason_names.count; i++) {
		wrong[0].reason = (enum kh_host_anchor_problem_reason)i;
		expect("anchors", "fail", "anchors.unusable", "contact");
	}
	make_fine(state);
}

static void test_driver(void **state)
{
	host.failure.code = KH_TOKEN_FAILED;
	expect("driver", "fail", "driver.failed", "driver");
	make_fine(state);
	host.host.profile_problems = problems;
	host.host.profile_problems_count = 1;
	expect("driver", "warn", "driver.profile", "contact");
}

/* Without a driver there is no key either. */
static void test_none(void **state)
{
	struct kh_environment_check_result result;

	(void)state;
	modules.count = 0;
	kh_environment_judge(&environment, "en", &result);
	assert_string_equal(item_of(&result, "driver")->code, "driver.missing");
	assert_string_equal(item_of(&result, "key")->code, "token.absent");
	assert_int_equal(result.items_count, 13);
	kh_clear(&kh_environment_check_result_type, &result);
}

static void test_agent(void **state)
{
	(void)state;
	environment.ipv6 = false;
	expect("agent", "ok", "agent.ipv4", NULL);
}

/* The rows about a key: of the key that is alone (the chosen one, too), and of
 * one of several. */
static const struct {
	enum kh_pin_state pin;
	const char *state, *code, *remedy;
	const char *of_several, *several_code;
} pins[] = {
	{KH_PIN_STATE_NONE, "ok", "ok", NULL, "ok", "ok"},
	{KH_PIN_STATE_LOW, "warn", "pin.low", NULL, "warn", "pin.low"},
	{KH_PIN_STATE_FINAL, "warn", "pin.final", NULL, "warn", "pin.final"},
	{KH_PIN_STATE_LOCKED, "fail", "pin.locked", "unlock", "warn", "pin.other"},
	{KH_PIN_STATE_UNSET, "warn", "pin.unset", "contact", "warn", "pin.other"},
	{KH_PIN_STATE_EXPIRED, "fail", "pin.expired", "change", "warn", "pin.other"},
};

/* One row of the check; the caller says what it must be. */
static void expect_row(const char *id, const char *item_state, const char *code, const char *token)
{
	struct kh_environment_check_result result;
	bool found = false;

	kh_environment_judge(&environment, "zh-CN", &result);
	for (size_t i = 0; i < result.items_count; i++) {
		const struct kh_environment_item *item = &result.items[i];

		if (strcmp(kh_enum_text(&kh_environment_item_id_names, (int)item->id), id) != 0)
			continue;
		found = true;
		assert_string_equal(kh_enum_text(&kh_environment_item_state_names, (int)item->state), item_state);
		assert_string_equal(item->code, code);
		assert_string_equal(item->token ? item->token : "", token);
	}
	assert_true(found);
	kh_clear(&kh_environment_check_result_type, &result);
}

static void test_key(void **state)
{
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		tokens[0].pin = pins[i].pin;
		expect("pin", pins[i].state, pins[i].code, pins[i].remedy);
		expect_row("pin", pins[i].state, pins[i].code, uris[0]);
	}
	make_fine(state);
	modules.items[0].tokens.tokens_count = 0;
	expect("key", "fail", "token.absent", "insert");
	make_fine(state);
	tokens[0].readonly = true;
	expect("key", "fail", "token.readonly", "contact");
	expect_row("key", "fail", "token.readonly", uris[0]);
}

/* M15: another key that cannot be used never stops the one that is chosen. */
static void test_several(void **state)
{
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		modules.items[0].tokens.tokens_count = 2;
		tokens[1].pin = pins[i].pin;
		expect_row("key", "warn", "key.several", "");
		expect_row("pin", pins[i].of_several, pins[i].several_code, "");
		expect_row("certificate", "ok", "ok", "");
		environment.token = "pkcs11:serial=42";
		expect_row("key", "ok", "ok", uris[0]);
		expect_row("pin", "ok", "ok", uris[0]);
		expect_row("certificate", "ok", "ok", uris[0]);
		environment.token = "pkcs11:serial=43";
		expect_row("key", "ok", "ok", uris[1]);
		expect_row("pin", pins[i].state, pins[i].code, uris[1]);
		expect_row("certificate", "unknown", "certificate.unknown", uris[1]);
		environment.token = "pkcs11:serial=44";
		expect_row("key", "fail", "token.absent", "");
		make_fine(state);
	}
}

/* M16: two that cannot be told apart; the same key over another driver is no second key of that kind. */
static void test_ambiguous(void **state)
{
	static char other[] = "other.so";

	(void)state;
	modules.items[0].tokens.tokens_count = 2;
	tokens[1].token = uris[0];
	expect_row("key", "fail", "token.ambiguous", uris[0]);
	environment.token = uris[0];
	expect_row("key", "fail", "token.ambiguous", uris[0]);
	tokens[1].module = other;
	expect_row("key", "ok", "ok", uris[0]);
}

/* M13: a certificate may be a private object, which shows after a login only. */
static void test_certificate(void **state)
{
	(void)state;
	modules.items[0].certificates.certificates_count = 0;
	expect("certificate", "unknown", "certificate.unknown", NULL);
	tokens[0].login = true;
	expect("certificate", "fail", "certificate.absent", "contact");
	expect_row("certificate", "fail", "certificate.absent", uris[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fine, make_fine),
		cmocka_unit_test_setup(test_configuration, make_fine),
		cmocka_unit_test_setup(test_anchors, make_fine),
		cmocka_unit_test_setup(test_mixed, make_fine),
		cmocka_unit_test_setup(test_machine, make_fine),
		cmocka_unit_test_setup(test_clock, make_fine),
		cmocka_unit_test_setup(test_space, make_fine),
		cmocka_unit_test_setup(test_window, make_fine),
		cmocka_unit_test_setup(test_pending, make_fine),
		cmocka_unit_test_setup(test_driver, make_fine),
		cmocka_unit_test_setup(test_none, make_fine),
		cmocka_unit_test_setup(test_key, make_fine),
		cmocka_unit_test_setup(test_agent, make_fine),
		cmocka_unit_test_setup(test_several, make_fine),
		cmocka_unit_test_setup(test_ambiguous, make_fine),
		cmocka_unit_test_setup(test_certificate, make_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
