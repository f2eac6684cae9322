/*
 * Elliptic curves, by whatever name a certificate or a token has for them, and
 * points in whatever form they come.
 *
 * A curve is named by its OID (RFC 5480, 2.1.1), by a string ("secp256r1",
 * "P-256", "edwards25519"), or by all its numbers (X9.62 ECParameters). A point
 * is 04 x y, x y alone, compressed or hybrid (SEC 1, 2.3.3), bare or in an OCTET
 * STRING (PKCS#11 v2.40, 2.3.3) or BIT STRING.
 */
#ifndef KH_PKCS11_X509_CURVE_H
#define KH_PKCS11_X509_CURVE_H

#include "contract.h"
#include "x509/der.h"

/* The key type of a curve, from any of its names; OTHER: none of ours. */
enum kh_any_key_type kh_curve_type(struct kh_span parameters);
/* DER of the OID; empty for key types without a curve. */
struct kh_span kh_curve_oid(enum kh_any_key_type type);
/* Appends 04 x y, or the 32 bytes of an Ed25519 key; false, and nothing is
 * appended: that is no point of the curve. */
bool kh_curve_put_point(enum kh_any_key_type type, struct kh_span point, struct kh_buffer *out);

#endif
