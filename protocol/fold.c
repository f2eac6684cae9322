/* Texts of names, compared. */
#include "fold.h"

#include <stdint.h>

#include "bytes.h"

#define END UINT32_MAX
#define BROKEN 0x110000u /* + the byte: behind the last character of Unicode */
#define BLANK 0x20u

/* Capital letters: from first to last in steps, and how far the small one is. */
static const struct range {
	uint32_t first, last, step;
	int32_t way;
} capitals[] = {
	{0x41, 0x5a, 1, 32},   {0xc0, 0xd6, 1, 32},	{0xd8, 0xde, 1, 32},   {0x100, 0x12e, 2, 1},
	{0x132, 0x136, 2, 1},  {0x139, 0x147, 2, 1},	{0x14a, 0x176, 2, 1},  {0x178, 0x178, 1, -121},
	{0x179, 0x17d, 2, 1},  {0x386, 0x386, 1, 38},	{0x388, 0x38a, 1, 37}, {0x38c, 0x38c, 1, 64},
	{0x38e, 0x38f, 1, 63}, {0x391, 0x3a1, 1, 32},	{0x3a3, 0x3ab, 1, 32}, {0x3c2, 0x3c2, 1, 1},
	{0x400, 0x40f, 1, 80}, {0x410, 0x42f, 1, 32},	{0x460, 0x480, 2, 1},  {0x48a, 0x4be, 2, 1},
	{0x4d0, 0x52e, 2, 1},  {0x2160, 0x216f, 1, 16},
};

/* What RFC 4518 maps to a blank, and what it maps to nothing. */
static const struct span {
	uint32_t first, last;
} blanks[] = {{0x09, 0x0d},	{0x20, 0x20},	  {0x85, 0x85},	    {0xa0, 0xa0},     {0x1680, 0x1680},
	      {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}},
  nothings[] = {{0x01, 0x08},	  {0x0e, 0x1f},	    {0x7f, 0x84},     {0x86, 0x9f},	{0xad, 0xad},
		{0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}};

static bool is_among(uint32_t point, const struct span *spans, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (point >= spans[i].first && point <= spans[i].last)
			return true;
	}
	return false;
}

static uint32_t fold(uint32_t point)
{
	if (point >= 0xff01 && point <= 0xff5e)
		point -= 0xfee0;
	for (size_t i = 0; i < sizeof(capitals) / sizeof(capitals[0]); i++) {
		const struct range *range = &capitals[i];

		if (point >= range->first && point <= range->last && (point - range->first) % range->step == 0)
			return (uint32_t)((int32_t)point + range->way);
	}
	if (is_among(point, blanks, sizeof(blanks) / sizeof(blanks[0])))
		return BLANK;
	return point;
}

struct reader {
	const char *at, *end;
	bool begun; /* a character that counts was there */
};

static uint32_t next_point(struct reader *in)
{
	size_t length = kh_utf8_sequence(in->at, (size_t)(in->end - in->at));
	uint32_t point;

	if (length == 0)
		return BROKEN + (uint8_t)*in->at++;
	point = kh_utf8_point(in->at, length);
	in->at += length;
	return point;
}

static uint32_t next_folded(struct reader *in)
{
	bool blank = false;

	while (in->at < in->end) {
		const char *from = in->at;
		uint32_t point = next_point(in);

		if (is_among(point, nothings, sizeof(nothings) / sizeof(nothings[0])))
			continue;
		point = fold(point);
		if (point == BLANK) {
			blank = true;
			continue;
		}
		if (blank && in->begun) {
			in->at = from;
			return BLANK;
		}
		in->begun = true;
		return point;
	}
	return END;
}

bool kh_fold_same(const char *a, size_t a_length, const char *b, size_t b_length)
{
	struct reader left = {a, a + a_length, false};
	struct reader right = {b, b + b_length, false};
	uint32_t point;

	do {
		point = next_folded(&left);
		if (point != next_folded(&right))
			return false;
	} while (point != END);
	return true;
}
