/*
 * Texts whose encoding nobody tells. Names in certificates, labels and the texts
 * of a token ought to be ASCII or UTF-8; old Chinese software writes GBK into
 * the same fields. One rule for all of them: bytes that are UTF-8 are UTF-8, else
 * they are GB18030 (which holds GBK and GB 2312), else they are no text.
 */
#ifndef KH_PKCS11_X509_CHARSET_H
#define KH_PKCS11_X509_CHARSET_H

#include "bytes.h"

/* Appends the text in UTF-8; false, and nothing is appended, when it is neither.
 * A NUL becomes U+FFFD. UTF-8 that a fixed field cut within its last character
 * is UTF-8 still: that character becomes U+FFFD. */
bool kh_charset_append(struct kh_buffer *out, const void *bytes, size_t length);

/* charset_posix.c, charset_win.c: the same for GB18030 alone; out must not hold anything else
 * when it fails, and the text may hold NUL. */
bool kh_charset_gb18030(struct kh_buffer *out, const void *bytes, size_t length);

#endif
