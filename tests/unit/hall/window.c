/* The renewal window by calendar: ends of months, leap years, both edges. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "window.h"

static int64_t at(const char *text)
{
	struct tm parts = {0};
	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts));
	return (int64_t)timegm(&parts);
}

static void assert_time(int64_t time, const char *expected)
{
	char text[HALL_TIME_SIZE];
	hall_clock_format(time, text);
	assert_string_equal(text, expected);
}

static struct hall_window usual(void)
{
	struct hall_window window;
	assert_true(hall_span_parse("1 month", &window.before));
	assert_true(hall_span_parse("1 year", &window.after));
	return window;
}

static void test_edges(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
		{"2026-12-31T23:59:59Z", "2026-11-30T23:59:59Z", "2027-12-31T23:59:59Z"},
		{"2026-03-31T12:00:00Z", "2026-02-28T12:00:00Z", "2027-03-31T12:00:00Z"},
		{"2028-03-31T12:00:00Z", "2028-02-29T12:00:00Z", "2029-03-31T12:00:00Z"},
		{"2028-02-29T00:00:00Z", "2028-01-29T00:00:00Z", "2029-02-28T00:00:00Z"},
		{"2026-01-15T08:30:00Z", "2025-12-15T08:30:00Z", "2027-01-15T08:30:00Z"},
		{"2100-03-30T00:00:00Z", "2100-02-28T00:00:00Z", "2101-03-30T00:00:00Z"},
	};
	struct hall_window window = usual();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t end = at(rows[i][0]);
		assert_time(hall_window_opens(&window, end), rows[i][1]);
		assert_time(hall_window_closes(&window, end), rows[i][2]);
		assert_int_equal(hall_window_at(&window, end, at(rows[i][1]) - 1), HALL_WINDOW_EARLY);
		assert_int_equal(hall_window_at(&window, end, at(rows[i][1])), HALL_WINDOW_OPEN);
		assert_int_equal(hall_window_at(&window, end, end), HALL_WINDOW_OPEN);
		assert_int_equal(hall_window_at(&window, end, at(rows[i][2])), HALL_WINDOW_OPEN);
		assert_int_equal(hall_window_at(&window, end, at(rows[i][2]) + 1), HALL_WINDOW_LATE);
	}
}

static void test_spans(void **state)
{
	(void)state;
	struct hall_span span;
	assert_true(hall_span_parse("30 days", &span));
	assert_time(hall_span_add(at("2026-03-01T00:00:00Z"), &span, -1), "2026-01-30T00:00:00Z");
	assert_true(hall_span_parse("18 months", &span));
	assert_time(hall_span_add(at("2026-08-31T00:00:00Z"), &span, 1), "2028-02-29T00:00:00Z");
	assert_true(hall_span_parse("0 days", &span));
	assert_time(hall_span_add(at("2026-08-31T00:00:00Z"), &span, 1), "2026-08-31T00:00:00Z");
	static const char *const bad[] = {"",	    "month",	      "1",	  "1 week",
					  "-1 day", "1 months later", "1 month ", "1.5 years"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(hall_span_parse(bad[i], &span));
}

static void test_shift(void **state)
{
	(void)state;
	int64_t now = hall_clock_now();
	hall_clock_shift(1000);
	assert_in_range((uint64_t)(hall_clock_now() - now), 1000, 1005);
	hall_clock_shift(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_shift),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
