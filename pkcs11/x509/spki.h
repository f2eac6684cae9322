/*
 * SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) and key types: read from a
 * certificate, or built from a key object's attributes.
 */
#ifndef KH_PKCS11_X509_SPKI_H
#define KH_PKCS11_X509_SPKI_H

#include "contract.h"
#include "x509/curve.h"
#include "x509/der.h"

#define KH_SHA256_HEX 65

/* Type of a SubjectPublicKeyInfo (whole TLV). */
enum kh_any_key_type kh_spki_type(struct kh_span spki);
/* RSA modulus and exponent inside it; false when it is no RSA key. */
bool kh_spki_rsa(struct kh_span spki, struct kh_span *modulus, struct kh_span *exponent);
/* The key bits: EC point, Ed25519 key, RSAPublicKey. */
bool kh_spki_bits(struct kh_span spki, struct kh_span *bits);

void kh_spki_put_rsa(struct kh_buffer *out, struct kh_span modulus, struct kh_span exponent);
/* parameters: CKA_EC_PARAMS, point: CKA_EC_POINT, in any form of x509/curve.h;
 * out gets the curve's OID and the whole point. Nothing where it is no point. */
void kh_spki_put_ec(struct kh_buffer *out, struct kh_span parameters, struct kh_span point);

/* The normal form of an SPKI: of RSA keys with the parameter NULL, of EC keys
 * with the curve's OID and the whole point. One that has none: as it is. */
void kh_spki_put_normal(struct kh_buffer *out, struct kh_span spki);
/* SHA-256 of the normal form: the same for the same key. */
void kh_spki_id(struct kh_span spki, char out[KH_SHA256_HEX]);

/* The key for OpenSSL, NULL for types it does not know; EVP_PKEY_free(). Much
 * faster than d2i_PUBKEY, which goes through every decoder. */
struct evp_pkey_st *kh_spki_key(struct kh_span spki);

/* Lower-case hex SHA-256. */
void kh_sha256_hex(const void *data, size_t length, char out[KH_SHA256_HEX]);

#endif
