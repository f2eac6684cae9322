/*
 * The envelope in which a CA's key centre delivers an encryption key: its
 * parts, without opening it. Two forms:
 *
 * rsa-aes-kw: an AES key encrypted with the RSA signing key (as long as its
 * modulus; OAEP with SHA-1 or SHA-256, or PKCS #1 v1.5: the envelope does not
 * tell which), and right behind it the PKCS #8 private key (RFC 5958) wrapped
 * with that AES key (RFC 5649).
 *
 * sm2-enveloped-key: DER of SM2EnvelopedKey (GM/T 0009, 7.4): the algorithm of
 * the session key (SM4), the session key encrypted with the SM2 signing key,
 * the public key, and the private key (32 bytes, or 64 of which the first 32
 * are zero) encrypted with the session key, SM4-ECB without padding.
 */
#ifndef KH_PKCS11_X509_ENVELOPE_H
#define KH_PKCS11_X509_ENVELOPE_H

#include "contract.h"
#include "x509/der.h"

#define KH_SM2_BYTES 32 /* of a coordinate and of a private key */
#define KH_SM4_BYTES 16

/* A ciphertext of SM2 (GM/T 0009, 7.2). */
struct kh_sm2_cipher {
	struct kh_span der;		 /* the whole SM2Cipher */
	uint8_t point[2 * KH_SM2_BYTES]; /* C1: x and y */
	struct kh_span hash;		 /* C3 */
	struct kh_span text;		 /* C2 */
};

/* Spans into the bytes it was read from. */
struct kh_envelope {
	enum kh_import_algorithm format;
	struct kh_span whole;
	struct kh_span session;	     /* rsa-aes-kw: ciphertext of the AES key */
	struct kh_sm2_cipher cipher; /* sm2-enveloped-key: of the SM4 key */
	struct kh_span key;	     /* ciphertext of the private key */
	struct kh_span point;	     /* sm2-enveloped-key: 04, x, y of the public key */
};

/* signer: SubjectPublicKeyInfo of the key it must be encrypted to. False when
 * the format is not for such a key or the bytes do not have it. */
bool kh_envelope_read(enum kh_import_algorithm format, const struct kh_bytes *bytes, struct kh_span signer,
		      struct kh_envelope *out);

/* A whole SM2Cipher and nothing behind it. */
bool kh_sm2_cipher_read(struct kh_span in, struct kh_sm2_cipher *out);

#endif
