/* ASN.1 times. */
#include "x509/moment.h"

#include <stdio.h>
#include <time.h>

#define DAY 86400
#define FIRST (-719528ll * DAY)	   /* 0000-01-01 */
#define LAST (2932897ll * DAY - 1) /* the end of 9999 */

static bool digits(const uint8_t *text, size_t count, int *number)
{
	*number = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*number = *number * 10 + (text[i] - '0');
	}
	return true;
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days(int year, int month, int day)
{
	int64_t shifted = month <= 2 ? year - 1 : year;
	int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int64_t of_era = shifted - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The reverse of days(). */
static void civil(int64_t day, int64_t date[3])
{
	int64_t shifted = day + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	date[2] = of_year - (153 * month + 2) / 5 + 1;
	date[1] = month < 10 ? month + 3 : month - 9;
	date[0] = year + era * 400 + (date[1] <= 2);
}

/* The rest of a time behind its minutes: seconds, a fraction, the zone. */
static bool read_rest(struct kh_span in, int *second, int *zone)
{
	int hours, minutes;

	*second = *zone = 0;
	if (in.length >= 2 && digits(in.data, 2, second))
		in = (struct kh_span){in.data + 2, in.length - 2};
	if (in.length > 1 && (in.data[0] == '.' || in.data[0] == ',')) {
		do
			in = (struct kh_span){in.data + 1, in.length - 1};
		while (in.length > 0 && in.data[0] >= '0' && in.data[0] <= '9');
	}
	if (in.length == 0 || (in.length == 1 && in.data[0] == 'Z'))
		return true;
	if (in.length != 5 || (in.data[0] != '+' && in.data[0] != '-') || !digits(in.data + 1, 2, &hours) ||
	    !digits(in.data + 3, 2, &minutes))
		return false;
	*zone = (in.data[0] == '-' ? -1 : 1) * (hours * 60 + minutes) * 60;
	return true;
}

bool kh_time_read(const struct kh_tlv *value, int64_t *seconds, char text[KH_TIME_TEXT])
{
	const uint8_t *in = value->body.data;
	size_t wide = value->tag == KH_DER_GENERALIZED_TIME ? 4 : 2;
	int64_t at, date[3];
	int part[5], second, zone;

	if ((wide == 2 && value->tag != KH_DER_UTC_TIME) || value->body.length < wide + 8 ||
	    !digits(in, wide, &part[0]))
		return false;
	for (size_t i = 1; i < 5; i++) {
		if (!digits(in + wide + 2 * (i - 1), 2, &part[i]))
			return false;
	}
	if (!read_rest((struct kh_span){in + wide + 8, value->body.length - wide - 8}, &second, &zone))
		return false;
	if (wide == 2)
		part[0] += part[0] < 50 ? 2000 : 1900;
	if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 || part[4] > 59 || second > 60)
		return false;
	at = days(part[0], part[1], part[2]) * DAY + part[3] * 3600 + part[4] * 60 + second - zone;
	if (at < FIRST || at > LAST)
		return false;
	*seconds = at;
	civil((at - FIRST) / DAY + FIRST / DAY, date);
	at = (at - FIRST) % DAY;
	snprintf(text, KH_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)date[0] % 10000,
		 (unsigned)date[1] % 100, (unsigned)date[2] % 100, (unsigned)(at / 3600) % 100,
		 (unsigned)(at / 60 % 60) % 100, (unsigned)(at % 60) % 100);
	return true;
}

int64_t kh_time_now(void)
{
	return (int64_t)time(NULL);
}
