/*
 * Distinguished names as CAs have written them: with UTF-8 or GBK in a T61String,
 * and the same subject in another string type after ten years.
 *
 * A value is read by its string type; where that type has one byte a character it
 * is UTF-8, else GB18030, else Latin-1. Names are the same by RFC 5280, 7.1: the
 * case of letters and the number of blanks do not count, full-width forms of ASCII
 * are ASCII.
 */
#ifndef HALL_NAME_H
#define HALL_NAME_H

#include <stdbool.h>

#include <openssl/x509.h>

/* RFC 4514 in UTF-8; the caller frees it. NULL: out of memory. */
char *hall_name_text(const X509_NAME *name);

/* The first attribute of that kind in UTF-8; the caller frees it. NULL: none. */
char *hall_name_part(const X509_NAME *name, int nid);

bool hall_name_same(const X509_NAME *a, const X509_NAME *b);

/* name_posix.c: GB18030 as UTF-8 from malloc; NULL when it is none. */
char *hall_name_gb18030(const unsigned char *bytes, size_t length, size_t *out_length);

#endif
