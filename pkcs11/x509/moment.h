/*
 * Points in time: the two ASN.1 types of RFC 5280, 4.1.2.5, and RFC 3339 text.
 */
#ifndef KH_PKCS11_X509_MOMENT_H
#define KH_PKCS11_X509_MOMENT_H

#include "x509/der.h"

/* Seconds since 1970 and RFC 3339 text (UTC) of a UTCTime or GeneralizedTime. */
bool kh_time_read(const struct kh_tlv *value, int64_t *seconds, char *text, size_t size);
/* The wall clock, seconds since 1970. */
int64_t kh_time_now(void);
/* moment_posix.c: milliseconds since some moment, those included in which the
 * machine slept; nobody sets this clock. */
uint64_t kh_time_elapsed(void);

#endif
