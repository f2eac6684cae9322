/* GB18030 by Windows; GBK, which it holds, where Windows has only that. */
#include <stdlib.h>
#include <windows.h>

#include "x509/charset.h"

#define GB18030 54936
#define GBK 936
#define MOST 0x100000 /* bytes of a text */

static wchar_t *to_wide(const char *text, int length, int *units)
{
	static const UINT pages[] = {GB18030, GBK};
	wchar_t *wide = malloc(((size_t)length + 1) * sizeof(*wide));

	*units = 0;
	for (size_t i = 0; wide && *units == 0 && i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (IsValidCodePage(pages[i])) {
			*units = MultiByteToWideChar(pages[i], MB_ERR_INVALID_CHARS, text, length, wide, length);
			break;
		}
	}
	return wide;
}

bool kh_charset_gb18030(struct kh_buffer *out, const void *bytes, size_t length)
{
	wchar_t *wide = NULL;
	char *text = NULL;
	int units = 0, size = 0;
	bool good;

	if (length == 0 || length > MOST)
		return length == 0;
	wide = to_wide(bytes, (int)length, &units);
	if (units > 0)
		size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, units, NULL, 0, NULL, NULL);
	if (size > 0)
		text = malloc((size_t)size);
	if (text)
		size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, units, text, size, NULL, NULL);
	good = text && size > 0;
	if (good)
		kh_buffer_append(out, text, (size_t)size);
	free(wide);
	free(text);
	return good;
}
