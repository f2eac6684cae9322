/*
 * What the notification area shows: every state, the order of what counts, both languages.
 */
#include "tray/face.h"

#include <string.h>

#include "unit.h"

#define ITEMS_MAX 4
#define CERTIFICATES_MAX 3

#define OK KH_ENVIRONMENT_ITEM_STATE_OK
#define WARN KH_ENVIRONMENT_ITEM_STATE_WARN
#define FAIL KH_ENVIRONMENT_ITEM_STATE_FAIL
#define EARLY KH_RENEWAL_WINDOW_STATE_EARLY
#define OPEN KH_RENEWAL_WINDOW_STATE_OPEN
#define LATE KH_RENEWAL_WINDOW_STATE_LATE

struct item {
	enum kh_environment_item_id id;
	enum kh_environment_item_state state;
	const char *code, *text;
};

struct certificate {
	const char *subject, *not_after;
	enum kh_renewal_window_state state;
	int64_t days;
	enum kh_usage usage; /* 0: of both */
	bool keyless;
};

struct row {
	const char *what;
	struct item items[ITEMS_MAX];
	struct certificate certificates[CERTIFICATES_MAX];
	enum kh_tray_state state;
	const char *icon, *sentence; /* in Chinese */
};

#define AGENT                                                                                                          \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_AGENT, OK, "ok", "agent"                                                        \
	}
#define KEY                                                                                                            \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_KEY, OK, "ok", "key"                                                            \
	}
#define NO_KEY                                                                                                         \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_KEY, FAIL, "token.absent", "no key"                                             \
	}
#define PENDING                                                                                                        \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_PENDING, WARN, "pending.waits", "an order waits"                                \
	}
#define LOCKED                                                                                                         \
	{                                                                                                              \
		KH_ENVIRONMENT_ITEM_ID_PIN, FAIL, "pin.locked", "locked"                                               \
	}
#define VALID "甲公司：证书有效期至 2027-06-01（剩余 183 天）。"
#define SOON "甲公司：证书将于 2026-12-20 到期（剩余 20 天），现在可以办理更新。"

static const struct row rows[] = {
	{"a key and nothing of it", {AGENT, KEY}, {{0}}, KH_TRAY_FINE, "keyhall-fine", "key"},
	{"a certificate",
	 {AGENT, KEY},
	 {{"a", "2027-06-01T12:00:00Z", EARLY, 183, 0, false}},
	 KH_TRAY_FINE,
	 "keyhall-fine",
	 VALID},
	{"not to be renewed yet is no warning",
	 {AGENT, KEY, {KH_ENVIRONMENT_ITEM_ID_CERTIFICATE, WARN, "certificate.early", "early"}},
	 {{"a", "2027-06-01T12:00:00Z", EARLY, 183, 0, false}},
	 KH_TRAY_FINE,
	 "keyhall-fine",
	 VALID},
	{"a certificate that is unusual",
	 {AGENT, KEY, {KH_ENVIRONMENT_ITEM_ID_CERTIFICATE, WARN, "certificate.foreign", "foreign"}},
	 {{"a", "2027-06-01T12:00:00Z", EARLY, 183, 0, false}},
	 KH_TRAY_FINE,
	 "keyhall-fine",
	 "foreign"},
	{"to be renewed",
	 {AGENT, KEY},
	 {{"a", "2026-12-20T12:00:00Z", OPEN, 20, 0, false}},
	 KH_TRAY_DUE,
	 "keyhall-due",
	 SOON},
	{"expired, to be renewed",
	 {AGENT, KEY},
	 {{"a", "2026-11-20T12:00:00Z", OPEN, -10, 0, false}},
	 KH_TRAY_DUE,
	 "keyhall-due",
	 "甲公司：证书已于 2026-11-20 过期，2027-11-20 前仍可办理更新。"},
	{"of two the one that ends first",
	 {AGENT, KEY},
	 {{"b", "2026-12-25T12:00:00Z", OPEN, 25, 0, false}, {"a", "2026-12-20T12:00:00Z", OPEN, 20, 0, false}},
	 KH_TRAY_DUE,
	 "keyhall-due",
	 SOON},
	{"renewed, and still there",
	 {AGENT, KEY},
	 {{"a", "2026-12-20T12:00:00Z", OPEN, 20, 0, false}, {"a", "2027-06-01T12:00:00Z", EARLY, 183, 0, false}},
	 KH_TRAY_FINE,
	 "keyhall-fine",
	 VALID},
	{"an encryption certificate, one without its key",
	 {AGENT, KEY},
	 {{"a", "2026-12-20T12:00:00Z", OPEN, 20, KH_USAGE_ENCRYPT, false},
	  {"b", "2026-12-20T12:00:00Z", OPEN, 20, 0, true}},
	 KH_TRAY_FINE,
	 "keyhall-fine",
	 "key"},
	{"an order that is not finished goes before",
	 {AGENT, KEY, PENDING},
	 {{"a", "2026-12-20T12:00:00Z", OPEN, 20, 0, false}},
	 KH_TRAY_PENDING,
	 "keyhall-due",
	 "an order waits"},
	{"no key",
	 {AGENT, {KH_ENVIRONMENT_ITEM_ID_USB, FAIL, "token.absent", "no stick"}, NO_KEY},
	 {{0}},
	 KH_TRAY_NO_KEY,
	 "keyhall-no-key",
	 "no key"},
	{"no key, whatever waits", {AGENT, NO_KEY, PENDING}, {{0}}, KH_TRAY_NO_KEY, "keyhall-no-key", "no key"},
	{"a failure goes before all",
	 {AGENT, LOCKED, KEY, PENDING},
	 {{"a", "2026-12-20T12:00:00Z", OPEN, 20, 0, false}},
	 KH_TRAY_WRONG,
	 "keyhall-wrong",
	 "locked"},
	{"a failure without a key",
	 {AGENT, {KH_ENVIRONMENT_ITEM_ID_DRIVER, FAIL, "driver.failed", "driver"}, NO_KEY},
	 {{0}},
	 KH_TRAY_WRONG,
	 "keyhall-wrong",
	 "driver"},
	{"too late to be renewed",
	 {AGENT, KEY, {KH_ENVIRONMENT_ITEM_ID_CERTIFICATE, WARN, "certificate.late", "late"}},
	 {{"a", "2025-06-01T12:00:00Z", LATE, -547, 0, false}},
	 KH_TRAY_WRONG,
	 "keyhall-wrong",
	 "late"},
};

static char *plain(const char *text)
{
	return (char *)(uintptr_t)text;
}

static size_t fill_items(const struct row *row, struct kh_environment_item *items)
{
	size_t count = 0;

	for (; count < ITEMS_MAX && row->items[count].code; count++)
		items[count] = (struct kh_environment_item){.id = row->items[count].id,
							    .state = row->items[count].state,
							    .code = plain(row->items[count].code),
							    .text = plain(row->items[count].text)};
	return count;
}

static size_t fill_certificates(const struct row *row, struct kh_certificate_info *certificates)
{
	size_t count = 0;

	for (; count < CERTIFICATES_MAX && row->certificates[count].subject; count++) {
		const struct certificate *one = &row->certificates[count];

		certificates[count] = (struct kh_certificate_info){
			.base = {.token = plain("pkcs11:serial=1"),
				 .usage = one->usage != 0 ? one->usage : KH_USAGE_BOTH,
				 .subject = plain(one->subject),
				 .issuer = plain("CA"),
				 .company = plain("甲公司"),
				 .not_after = plain(one->not_after),
				 .has_has_private_key = true,
				 .has_private_key = !one->keyless},
			.renewal = {.state = one->state,
				    .closes = plain("2027-11-20T12:00:00Z"),
				    .days_left = one->days},
		};
	}
	return count;
}

static void test_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_environment_item items[ITEMS_MAX];
		struct kh_certificate_info certificates[CERTIFICATES_MAX];
		const struct kh_environment_check_result check = {items, fill_items(&rows[i], items)};
		const struct kh_certificate_list_result list = {certificates,
								fill_certificates(&rows[i], certificates)};
		const struct kh_tray_news news = {.running = true, .check = &check, .certificates = &list};
		struct kh_tray_face face;

		print_message("%s\n", rows[i].what);
		assert_true(kh_tray_face_make(&news, "zh-CN", &face));
		assert_int_equal(face.state, rows[i].state);
		assert_string_equal(face.icon, rows[i].icon);
		assert_string_equal(face.sentence, rows[i].sentence);
		assert_int_equal(face.attention, face.state >= KH_TRAY_PENDING);
		assert_string_equal(face.agent, "agent");
		assert_true(face.enabled[KH_TRAY_MANAGE] && face.enabled[KH_TRAY_CHECK]);
		kh_tray_face_finish(&face);
	}
}

/* Without a daemon's answer. */
static void test_absence(void **state)
{
	static const struct {
		struct kh_tray_news news;
		enum kh_tray_state state;
		const char *sentence;
	} cases[] = {
		{{.running = false}, KH_TRAY_ABSENT, "The key agent is not running."},
		{{.running = false, .trouble = "refused"}, KH_TRAY_WRONG, "refused"},
		{{.running = true, .trouble = "failed"}, KH_TRAY_WRONG, "failed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kh_tray_face face;

		assert_true(kh_tray_face_make(&cases[i].news, "en", &face));
		assert_int_equal(face.state, cases[i].state);
		assert_string_equal(face.sentence, cases[i].sentence);
		assert_null(face.agent);
		assert_int_equal(face.enabled[KH_TRAY_MANAGE], cases[i].news.running);
		assert_int_equal(face.primary, cases[i].news.running ? KH_TRAY_MANAGE : KH_TRAY_RESTART);
		assert_true(face.enabled[KH_TRAY_REPORT] && face.enabled[KH_TRAY_RESTART] &&
			    face.enabled[KH_TRAY_ABOUT]);
		assert_string_equal(face.entries[KH_TRAY_RESTART], cases[i].news.running ? "Restart" : "Start");
		kh_tray_face_finish(&face);
	}
}

static void test_same(void **state)
{
	const struct kh_tray_news absent = {.running = false}, wrong = {.running = false, .trouble = "refused"};
	struct kh_tray_face none = {0}, a, b, chinese;

	(void)state;
	assert_true(kh_tray_face_make(&absent, "en", &a) && kh_tray_face_make(&absent, "en", &b) &&
		    kh_tray_face_make(&absent, "zh-CN", &chinese));
	assert_false(kh_tray_face_same(&none, &a));
	assert_true(kh_tray_face_same(&a, &b));
	assert_false(kh_tray_face_same(&a, &chinese));
	kh_tray_face_finish(&b);
	assert_true(kh_tray_face_make(&wrong, "en", &b));
	assert_false(kh_tray_face_same(&a, &b));
	kh_tray_face_finish(&a);
	kh_tray_face_finish(&b);
	kh_tray_face_finish(&chinese);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_absence),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
