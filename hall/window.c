/* The renewal window by calendar. */
#include "window.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool hall_span_parse(const char *text, struct hall_span *span)
{
	int count;
	char unit[8];
	int end = 0;

	if (sscanf(text, "%4d %7[a-z]%n", &count, unit, &end) != 2 || text[end] != '\0' || count < 0)
		return false;
	size_t length = strlen(unit);
	if (length > 1 && unit[length - 1] == 's')
		unit[length - 1] = '\0';
	*span = (struct hall_span){0};
	if (strcmp(unit, "day") == 0)
		span->days = count;
	else if (strcmp(unit, "month") == 0)
		span->months = count;
	else if (strcmp(unit, "year") == 0)
		span->years = count;
	else
		return false;
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month] + (month == 1 && leap ? 1 : 0);
}

int64_t hall_span_add(int64_t at, const struct hall_span *span, int direction)
{
	struct tm parts;
	time_t seconds = (time_t)at;

	gmtime_r(&seconds, &parts);
	int months = (parts.tm_year + 1900) * 12 + parts.tm_mon + direction * (span->years * 12 + span->months);
	parts.tm_year = months / 12 - 1900;
	parts.tm_mon = months % 12;
	int last = month_days(parts.tm_year + 1900, parts.tm_mon);
	if (parts.tm_mday > last)
		parts.tm_mday = last;
	parts.tm_mday += direction * span->days;
	return (int64_t)timegm(&parts);
}

int64_t hall_window_opens(const struct hall_window *window, int64_t not_after)
{
	return hall_span_add(not_after, &window->before, -1);
}

int64_t hall_window_closes(const struct hall_window *window, int64_t not_after)
{
	return hall_span_add(not_after, &window->after, 1);
}

enum hall_window_state hall_window_at(const struct hall_window *window, int64_t not_after, int64_t now)
{
	if (now < hall_window_opens(window, not_after))
		return HALL_WINDOW_EARLY;
	if (now > hall_window_closes(window, not_after))
		return HALL_WINDOW_LATE;
	return HALL_WINDOW_OPEN;
}
