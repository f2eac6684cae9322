/*
 * A file that is all there or as it was, also where the disk is full.
 */
#ifndef KH_AGENT_TOOL_WHOLE_H
#define KH_AGENT_TOOL_WHOLE_H

#include "bytes.h"

/* mode: as of chmod(2). 0, or libuv's number of what is wrong. PATH.new is written on the way. */
int kh_write_whole(const char *path, int mode, const struct kh_buffer *text);

#endif
