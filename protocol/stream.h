/*
 * Writing to a pipe of libuv.
 */
#ifndef KH_PROTOCOL_STREAM_H
#define KH_PROTOCOL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* What the pipe takes at once, and the rest later: of a copy. On Windows a pipe takes
 * nothing at once. False: it cannot be written to; an end of the reader that comes later is
 * not told. */
bool kh_stream_write(uv_stream_t *stream, const char *data, size_t length);

#endif
