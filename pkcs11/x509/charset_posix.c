/* GB18030 by the C library. */
#include <iconv.h>

#include "x509/charset.h"

bool kh_charset_gb18030(struct kh_buffer *out, const void *bytes, size_t length)
{
	iconv_t way = iconv_open("UTF-8", "GB18030");
	char *in = (char *)(uintptr_t)bytes;
	char piece[256];
	bool good = way != (iconv_t)-1;

	while (good && length > 0) {
		char *at = piece;
		size_t room = sizeof(piece), before = length;

		good = iconv(way, &in, &length, &at, &room) != (size_t)-1 || before != length;
		kh_buffer_append(out, piece, sizeof(piece) - room);
	}
	if (way != (iconv_t)-1)
		iconv_close(way);
	return good && length == 0;
}
