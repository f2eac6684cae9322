/*
 * A value within a line that people read: in the PIN window, in a notification of the
 * desktop. What a page, a certificate or a key calls itself must not look like
 * words of ours.
 */
#ifndef KH_PROTOCOL_LINE_H
#define KH_PROTOCOL_LINE_H

#include "bytes.h"

/* Appends text as a part of one line: control characters, line ends and every kind of
 * blank, several too, are one blank, none at either end; what is invisible or turns
 * the direction of writing is left out; bytes that are no UTF-8 are U+FFFD. Of
 * more than most characters the rest is "…". */
void kh_line_append(struct kh_buffer *out, const char *text, size_t most);

#endif
