/* ASN.1 times. */
#include "x509/moment.h"

#include <stdio.h>
#include <time.h>

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
	int64_t era = shifted / 400;
	int64_t of_era = shifted - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool kh_time_read(const struct kh_tlv *value, int64_t *seconds, char *text, size_t size)
{
	const uint8_t *in = value->body.data;
	size_t wide = value->tag == KH_DER_GENERALIZED_TIME ? 4 : 2;
	int part[6];

	if ((wide == 2 && value->tag != KH_DER_UTC_TIME) || value->body.length != wide + 11 || in[wide + 10] != 'Z')
		return false;
	if (!digits(in, wide, &part[0]))
		return false;
	for (size_t i = 1; i < 6; i++) {
		if (!digits(in + wide + 2 * (i - 1), 2, &part[i]))
			return false;
	}
	if (wide == 2)
		part[0] += part[0] < 50 ? 2000 : 1900;
	if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 60)
		return false;
	*seconds = days(part[0], part[1], part[2]) * 86400 + part[3] * 3600 + part[4] * 60 + part[5];
	snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", part[0] % 10000, part[1] % 100, part[2] % 100,
		 part[3] % 100, part[4] % 100, part[5] % 100);
	return true;
}

int64_t kh_time_now(void)
{
	return (int64_t)time(NULL);
}
