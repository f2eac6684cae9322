/*
 * Points in time: the two ASN.1 types of RFC 5280, 4.1.2.5, and RFC 3339 text.
 */
#ifndef KH_PKCS11_X509_MOMENT_H
#define KH_PKCS11_X509_MOMENT_H

#include "x509/der.h"

#define KH_TIME_TEXT 24

/* Seconds since 1970 and RFC 3339 text (UTC) of a UTCTime or GeneralizedTime.
 * RFC 5280 wants both with seconds and "Z"; what X.680 allows besides is read as
 * well: no seconds, a fraction (dropped), a zone. Local time counts as UTC. false
 * for anything else, and out of the years 0 to 9999. */
bool kh_time_read(const struct kh_tlv *value, int64_t *seconds, char text[KH_TIME_TEXT]);
/* The wall clock, seconds since 1970. */
int64_t kh_time_now(void);
/* moment_posix.c, moment_win.c: a clock that nobody sets: milliseconds since some moment. It
 * goes on while the machine sleeps. */
uint64_t kh_time_elapsed(void);

#endif
