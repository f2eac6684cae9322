/*
 * Verifying a compact JWS (RFC 7515) against one expected certificate.
 *
 * Strict: the header is exactly {"alg","typ":"JWT","x5c":[base64 DER, ...]},
 * x5c[0] is the expected certificate byte for byte, alg is the one of its key
 * (RSA: RS256, P-256: ES256, P-384: ES384, Ed25519: EdDSA, SM2: SM2SM3, raw r and s
 * over SM3(Z || text) with the ID of key.h), base64url is canonical, members
 * are not repeated.
 */
#ifndef HALL_JWS_H
#define HALL_JWS_H

#include <openssl/x509.h>

#include <jansson.h>

#define HALL_JWS_MAX 32768

/* NULL: verified, *payload is the caller's JSON object. Else what is wrong:
 * "format", "header", "x5c", "alg", "signature" or "payload". */
const char *hall_jws_verify(const char *compact, X509 *expected, json_t **payload);

#endif
