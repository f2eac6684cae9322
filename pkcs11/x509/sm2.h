/*
 * SM2 signatures (GB/T 32918.2, GB/T 35276) as far as the host has a part in
 * them: what the token signs, and the two forms of what it gives back. The
 * signer's ID is the default one everywhere, as in GM/T 0009.
 */
#ifndef KH_PKCS11_X509_SM2_H
#define KH_PKCS11_X509_SM2_H

#include "x509/der.h"

#define KH_SM2_ID "1234567812345678"
#define KH_SM2_DIGEST 32
#define KH_SM2_RAW 64 /* r and s, 32 bytes each */

/* e = SM3(Z || message) for the key of an SPKI, Z = SM3(ENTL || ID || a || b ||
 * G || P); false when it is no SM2 key. */
bool kh_sm2_digest(struct kh_span spki, const void *message, size_t length, uint8_t out[KH_SM2_DIGEST]);

/* SEQUENCE { r INTEGER, s INTEGER } as raw; false when it is none, or a number
 * has more than 32 bytes. */
bool kh_sm2_raw(struct kh_span der, uint8_t out[KH_SM2_RAW]);

#endif
