/* One conversion for every text of a token. */
#include "token/text.h"

#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "x509/charset.h"

static size_t trim(const uint8_t *field, size_t length)
{
	while (length > 0 && (field[length - 1] == ' ' || field[length - 1] == '\0'))
		length--;
	return length;
}

/* How many bytes at the start are whole UTF-8 characters. */
static size_t measure_utf8(const uint8_t *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		size_t step = kh_utf8_sequence((const char *)bytes + done, length - done);

		if (step == 0)
			break;
		done += step;
	}
	return done;
}

/* The first bytes of a UTF-8 character whose others are missing. */
static bool is_half(const uint8_t *bytes, size_t length)
{
	size_t whole = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;

	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length >= whole)
		return false;
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

/* They are the same bytes in both encodings. */
static bool has_controls(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	}
	return false;
}

static bool take_utf8(char *out, const uint8_t *field, size_t length, bool full)
{
	size_t whole = measure_utf8(field, length);

	if (whole < length && !(full && is_half(field + whole, length - whole)))
		return false;
	if (whole < length)
		whole = trim(field, whole);
	memcpy(out, field, whole);
	out[whole] = '\0';
	return true;
}

static bool take_gb18030(char *out, size_t size, const uint8_t *field, size_t length, bool full)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	bool good = kh_charset_gb18030(&text, field, length);

	if (!good && full) {
		kh_buffer_cut(&text, 0);
		good = kh_charset_gb18030(&text, field, length - 1);
	}
	if (!good || text.failed || text.length == 0 || text.length >= size)
		return false;
	memcpy(out, text.data, text.length + 1);
	return true;
}

void kh_token_text(char *out, const uint8_t *field, size_t length)
{
	size_t used = trim(field, length);
	bool full = used == length;

	if (has_controls(field, used) ||
	    !(take_utf8(out, field, used, full) || take_gb18030(out, KH_TOKEN_TEXT_SIZE(length), field, used, full)))
		kh_hex(field, used, out);
}
