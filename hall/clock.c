/* The hall's time. */
#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t shift;

int64_t hall_clock_now(void)
{
	return (int64_t)time(NULL) + shift;
}

void hall_clock_shift(int64_t seconds)
{
	shift = seconds;
}

void hall_clock_format(int64_t at, char out[HALL_TIME_SIZE])
{
	struct tm parts;
	time_t seconds = (time_t)at;

	if (!gmtime_r(&seconds, &parts) || strftime(out, HALL_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		out[0] = '\0';
}
