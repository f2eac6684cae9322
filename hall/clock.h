/*
 * The hall's time. Everything in the hall that asks for the time asks here:
 * validity and the renewal window go by the hall's clock, not by the PC's.
 * Seconds since 1970, UTC.
 */
#ifndef HALL_CLOCK_H
#define HALL_CLOCK_H

#include <stdint.h>

#define HALL_TIME_SIZE 32

int64_t hall_clock_now(void);

/* For rehearsals: the hall lives this many seconds from now. */
void hall_clock_shift(int64_t seconds);

/* RFC 3339 in UTC, "2026-12-31T23:59:59Z". */
void hall_clock_format(int64_t time, char out[HALL_TIME_SIZE]);

#endif
