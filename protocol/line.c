/* Values within a line. */
#include "line.h"

#include <stdbool.h>
#include <string.h>

enum look { SHOWN, BLANK, INVISIBLE };

/* Unicode 15: Cc, Zl, Zp, Zs and letters without a shape; Cf and other characters
 * that show nothing, but for the variants of Chinese characters (U+E0100 …). */
static const struct {
	uint32_t first, last;
	enum look look;
} looks[] = {
	{0x00, 0x20, BLANK},	       {0x7f, 0xa0, BLANK},	    {0xad, 0xad, INVISIBLE},
	{0x34f, 0x34f, INVISIBLE},     {0x61c, 0x61c, INVISIBLE},   {0x115f, 0x1160, BLANK},
	{0x1680, 0x1680, BLANK},       {0x17b4, 0x17b5, INVISIBLE}, {0x180b, 0x180f, INVISIBLE},
	{0x2000, 0x200a, BLANK},       {0x200b, 0x200f, INVISIBLE}, {0x2028, 0x2029, BLANK},
	{0x202a, 0x202e, INVISIBLE},   {0x202f, 0x202f, BLANK},	    {0x205f, 0x205f, BLANK},
	{0x2060, 0x206f, INVISIBLE},   {0x2800, 0x2800, BLANK},	    {0x3000, 0x3000, BLANK},
	{0x3164, 0x3164, BLANK},       {0xfe00, 0xfe0f, INVISIBLE}, {0xfeff, 0xfeff, INVISIBLE},
	{0xffa0, 0xffa0, BLANK},       {0xfff0, 0xfffb, INVISIBLE}, {0x1d173, 0x1d17a, INVISIBLE},
	{0xe0000, 0xe00ff, INVISIBLE},
};

static enum look look_of(uint32_t point)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (point >= looks[i].first && point <= looks[i].last)
			return looks[i].look;
	}
	return SHOWN;
}

void kh_line_append(struct kh_buffer *out, const char *text, size_t most)
{
	const char *end = text + strlen(text);
	bool blank = false;
	size_t count = 0;

	kh_buffer_append(out, "", 0);
	while (text < end) {
		size_t length = kh_utf8_sequence(text, (size_t)(end - text));
		enum look look = length > 0 ? look_of(kh_utf8_point(text, length)) : SHOWN;
		const char *from = text;

		text += length > 0 ? length : 1;
		blank = blank || (look == BLANK && count > 0);
		if (look != SHOWN)
			continue;
		if (count + blank >= most) {
			kh_buffer_append_text(out, "…");
			return;
		}
		if (blank)
			kh_buffer_append_text(out, " ");
		if (length > 0)
			kh_buffer_append(out, from, length);
		else
			kh_buffer_append_text(out, "\xef\xbf\xbd");
		count += 1u + blank;
		blank = false;
	}
}
