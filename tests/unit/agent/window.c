/*
 * The renewal window by the calendar, and times as text.
 */
#include "window.h"

#include <string.h>

#include "unit.h"

static int64_t at(const char *text)
{
	int64_t time = 0;

	assert_true(kh_time_parse(text, &time));
	return time;
}

static void test_times(void **state)
{
	static const char *const good[] = {"1970-01-01T00:00:00Z", "2026-11-22T23:59:59Z", "2000-02-29T12:00:00Z",
					   "2100-02-28T00:00:00Z", "9999-12-31T23:59:59Z", "1950-01-01T00:00:00Z"};
	static const char *const bad[] = {"",
					  "2026-11-22",
					  "2026-11-22T23:59:59",
					  "2026-11-22T23:59:59+08:00",
					  "2026-13-22T23:59:59Z",
					  "2026-02-29T00:00:00Z",
					  "2100-02-29T00:00:00Z",
					  "2026-00-10T00:00:00Z",
					  "2026-11-22T24:00:00Z",
					  "2026-11-22 23:59:59Z",
					  "20x6-11-22T23:59:59Z"};
	int64_t time;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[KH_TIME_TEXT];

		kh_time_text(at(good[i]), text);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(kh_time_parse(bad[i], &time));
	assert_int_equal(at("1970-01-02T00:00:01Z"), 86401);
	assert_int_equal(at("2026-11-22T00:00:00Z"), 1795305600);
}

static void test_times_without_end(void **state)
{
	const struct kh_period year = {.months = 12};
	struct kh_window window;
	char text[KH_TIME_TEXT];

	(void)state;
	kh_window_compute(at("9999-12-31T23:59:59Z"), at("2026-01-01T00:00:00Z"), &year, &year, &window);
	kh_time_text(window.closes, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	kh_window_compute(at("0000-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"), &year, &year, &window);
	kh_time_text(window.opens, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
	kh_time_text(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	kh_time_text(INT64_MIN, text);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
}

static void test_spans(void **state)
{
	static const struct {
		const char *text;
		int months, days; /* months -1: refused */
	} spans[] = {
		{"1 month", 1, 0},   {"2 months", 2, 0},  {"1 year", 12, 0},	{"10 years", 120, 0},
		{"30 days", 0, 30},  {"1 day", 0, 1},	  {"2 weeks", 0, 14},	{"0 days", 0, 0},
		{"1", -1, 0},	     {"month", -1, 0},	  {"1month", -1, 0},	{"-1 month", -1, 0},
		{" 1 month", -1, 0}, {"1 month ", -1, 0}, {"1 monthss", -1, 0}, {"99999 days", -1, 0},
		{"1 hour", -1, 0},   {"", -1, 0},	  {"1  month", -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct kh_period span = {-1, -1};
		bool good = kh_period_parse(spans[i].text, &span);

		assert_int_equal(good, spans[i].months >= 0);
		if (good) {
			assert_int_equal(span.months, spans[i].months);
			assert_int_equal(span.days, spans[i].days);
		}
	}
}

static void test_moves(void **state)
{
	static const struct {
		const char *from;
		struct kh_period span;
		int sign;
		const char *to;
	} moves[] = {
		{"2026-03-31T10:00:00Z", {1, 0}, -1, "2026-02-28T10:00:00Z"},
		{"2024-03-31T10:00:00Z", {1, 0}, -1, "2024-02-29T10:00:00Z"},
		{"2026-01-15T00:00:00Z", {1, 0}, -1, "2025-12-15T00:00:00Z"},
		{"2026-01-31T00:00:00Z", {1, 0}, 1, "2026-02-28T00:00:00Z"},
		{"2024-02-29T00:00:00Z", {12, 0}, 1, "2025-02-28T00:00:00Z"},
		{"2026-12-31T23:59:59Z", {0, 1}, 1, "2027-01-01T23:59:59Z"},
		{"2026-03-01T00:00:00Z", {0, 14}, -1, "2026-02-15T00:00:00Z"},
		{"2026-05-31T00:00:00Z", {25, 0}, 1, "2028-06-30T00:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		assert_int_equal(kh_period_move(at(moves[i].from), &moves[i].span, moves[i].sign), at(moves[i].to));
}

static void test_window(void **state)
{
	static const struct {
		const char *now;
		enum kh_renewal_window_state state;
		int64_t days_left;
	} days[] = {
		{"2026-01-01T00:00:00Z", KH_RENEWAL_WINDOW_STATE_EARLY, 150},
		{"2026-04-30T11:59:59Z", KH_RENEWAL_WINDOW_STATE_EARLY, 31},
		{"2026-04-30T12:00:00Z", KH_RENEWAL_WINDOW_STATE_OPEN, 31},
		{"2026-05-30T12:00:00Z", KH_RENEWAL_WINDOW_STATE_OPEN, 1},
		{"2026-05-31T12:00:00Z", KH_RENEWAL_WINDOW_STATE_OPEN, 0},
		{"2026-05-31T12:00:01Z", KH_RENEWAL_WINDOW_STATE_OPEN, -1},
		{"2027-05-31T12:00:00Z", KH_RENEWAL_WINDOW_STATE_OPEN, -365},
		{"2027-05-31T12:00:01Z", KH_RENEWAL_WINDOW_STATE_LATE, -366},
	};
	const struct kh_period before = {1, 0}, after = {12, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		struct kh_window window;

		kh_window_compute(at("2026-05-31T12:00:00Z"), at(days[i].now), &before, &after, &window);
		assert_int_equal(window.state, days[i].state);
		assert_int_equal(window.days_left, days[i].days_left);
		assert_int_equal(window.opens, at("2026-04-30T12:00:00Z"));
		assert_int_equal(window.closes, at("2027-05-31T12:00:00Z"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),  cmocka_unit_test(test_times_without_end),
		cmocka_unit_test(test_spans),  cmocka_unit_test(test_moves),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
