/*
 * At once, or by a request.
 */
#include "stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct writing {
	uv_write_t request;
	char data[];
};

static void written(uv_write_t *request, int status)
{
	(void)status;
	free(request);
}

bool kh_stream_write(uv_stream_t *stream, const char *data, size_t length)
{
	uv_buf_t all = uv_buf_init((char *)(uintptr_t)data, (unsigned)length), rest;
	int done = uv_try_write(stream, &all, 1);
	struct writing *writing;

	if (done == (int)length)
		return true;
	if (done < 0 && done != UV_EAGAIN)
		return false;
	if (done < 0)
		done = 0;
	writing = malloc(sizeof(*writing) + length - (size_t)done);
	if (!writing)
		return false;
	memcpy(writing->data, data + done, length - (size_t)done);
	rest = uv_buf_init(writing->data, (unsigned)(length - (size_t)done));
	if (uv_write(&writing->request, stream, &rest, 1, written) == 0)
		return true;
	free(writing);
	return false;
}
