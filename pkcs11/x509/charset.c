/* Texts in UTF-8 or GB18030. */
#include "x509/charset.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* How many bytes at the front are whole characters of UTF-8; *wide: one of them
 * has three bytes or more. */
static size_t count_utf8(const char *text, size_t length, bool *wide)
{
	size_t done = 0;

	*wide = false;
	while (done < length) {
		size_t step = kh_utf8_sequence(text + done, length - done);

		if (step == 0)
			break;
		*wide = *wide || step > 2;
		done += step;
	}
	return done;
}

/* The first bytes of a character of three bytes or four, and no more. */
static bool is_cut(const char *text, size_t length)
{
	unsigned char first = (unsigned char)text[0];

	if (first < 0xe0 || first > 0xf4 || length > (first < 0xf0 ? 2u : 3u))
		return false;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xc0u) != 0x80u)
			return false;
	}
	return true;
}

static void append_utf8(struct kh_buffer *out, const char *text, size_t length)
{
	while (length > 0) {
		size_t plain = strnlen(text, length);

		kh_buffer_append(out, text, plain);
		text += plain;
		length -= plain;
		if (length > 0) {
			kh_buffer_append_text(out, REPLACEMENT);
			text++;
			length--;
		}
	}
}

static bool append_gb18030(struct kh_buffer *out, const char *bytes, size_t length)
{
	struct kh_buffer text = {0};
	bool good = kh_charset_gb18030(&text, bytes, length);

	if (good)
		append_utf8(out, text.data, text.length);
	out->failed = out->failed || text.failed;
	kh_buffer_finish(&text);
	return good;
}

bool kh_charset_append(struct kh_buffer *out, const void *bytes, size_t length)
{
	const char *text = bytes;
	bool wide;
	size_t whole = count_utf8(text, length, &wide);

	if (whole < length && !(wide && is_cut(text + whole, length - whole)))
		return append_gb18030(out, text, length);
	append_utf8(out, text, whole);
	if (whole < length)
		kh_buffer_append_text(out, REPLACEMENT);
	return true;
}
