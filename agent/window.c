/*
 * The renewal window.
 */
#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define TIME_FIRST INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define TIME_LAST INT64_C(253402300799)	 /* 9999-12-31T23:59:59Z */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and
 * back: H. Hinnant, "chrono-compatible low-level date algorithms". */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

static int64_t divide_down(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int month_length(int64_t year, int month)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : lengths[month - 1];
}

bool kh_period_parse(const char *text, struct kh_period *period)
{
	static const struct {
		const char *name;
		struct kh_period of_one;
	} units[] = {{"day", {0, 1}}, {"week", {0, 7}}, {"month", {1, 0}}, {"year", {12, 0}}};
	char *end = NULL;
	long number;

	if (text[0] < '0' || text[0] > '9')
		return false;
	number = strtol(text, &end, 10);
	if (number > 9999 || *end != ' ')
		return false;
	end++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(end, units[i].name, length) == 0 && (!end[length] || strcmp(end + length, "s") == 0)) {
			period->months = (int)number * units[i].of_one.months;
			period->days = (int)number * units[i].of_one.days;
			return true;
		}
	}
	return false;
}

int64_t kh_period_move(int64_t time, const struct kh_period *period, int sign)
{
	int64_t day_number = divide_down(time, DAY);
	int64_t second = time - day_number * DAY;
	int64_t year, month_number;
	int month, day, last;

	civil_from_days(day_number, &year, &month, &day);
	month_number = year * 12 + month - 1 + sign * period->months;
	year = divide_down(month_number, 12);
	month = (int)(month_number - year * 12) + 1;
	last = month_length(year, month);
	if (day > last)
		day = last;
	return (days_from_civil(year, month, day) + sign * period->days) * DAY + second;
}

void kh_window_compute(int64_t not_after, int64_t now, const struct kh_period *before, const struct kh_period *after,
		       struct kh_window *window)
{
	window->opens = kh_period_move(not_after, before, -1);
	window->closes = kh_period_move(not_after, after, 1);
	window->days_left = divide_down(not_after - now, DAY);
	if (now < window->opens)
		window->state = KH_RENEWAL_WINDOW_STATE_EARLY;
	else if (now <= window->closes)
		window->state = KH_RENEWAL_WINDOW_STATE_OPEN;
	else
		window->state = KH_RENEWAL_WINDOW_STATE_LATE;
}

void kh_time_text(int64_t time, char text[KH_TIME_TEXT])
{
	int64_t day_number, year;
	int second, month, day;

	time = time < TIME_FIRST ? TIME_FIRST : time > TIME_LAST ? TIME_LAST : time;
	day_number = divide_down(time, DAY);
	second = (int)(time - day_number * DAY);
	civil_from_days(day_number, &year, &month, &day);
	snprintf(text, KH_TIME_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)year, month, day, second / 3600,
		 second / 60 % 60, second % 60);
}

static bool digits(const char *text, size_t count, int *value)
{
	*value = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (text[i] - '0');
	}
	return true;
}

bool kh_time_parse(const char *text, int64_t *time)
{
	int year, month, day, hour, minute, second;

	if (strlen(text) != sizeof("2026-01-01T00:00:00Z") - 1)
		return false;
	if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
	    text[19] != 'Z')
		return false;
	if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day))
		return false;
	if (!digits(text + 11, 2, &hour) || !digits(text + 14, 2, &minute) || !digits(text + 17, 2, &second))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > month_length(year, month))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*time = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
	return true;
}
