/* GB18030 by the C library. */
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>

#include "name.h"

char *hall_name_gb18030(const unsigned char *bytes, size_t length, size_t *out_length)
{
	/* Two bytes become three, four become four, one stays one. */
	size_t size = length * 2, room = size;
	iconv_t way = iconv_open("UTF-8", "GB18030");
	char *out = malloc(size + 1), *at = out, *in = (char *)(uintptr_t)bytes;
	bool good = way != (iconv_t)-1 && out && iconv(way, &in, &length, &at, &room) != (size_t)-1 && length == 0;

	if (way != (iconv_t)-1)
		iconv_close(way);
	if (!good) {
		free(out);
		return NULL;
	}
	*at = '\0';
	*out_length = size - room;
	return out;
}
