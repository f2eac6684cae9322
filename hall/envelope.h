/*
 * The envelope in which an encryption key goes to a USB key: readable only with
 * the private signing key that was born there. Two formats, one per family of
 * the signing key, named as in the contract.
 *
 * rsa-aes-kw: a random AES-256 key encrypted with the RSA signing key (as long
 * as its modulus), then the PKCS#8 of the encryption key wrapped with it
 * (RFC 5649). That is the form of CKM_RSA_AES_KEY_WRAP.
 *
 * sm2-enveloped-key: DER of SM2EnvelopedKey (GM/T 0009, 7.4): SM4-ECB
 * 1.2.156.10197.1.104.1, a random SM4 key encrypted with the SM2 signing key
 * (SM2Cipher), the public key 04 || x || y, the 32 bytes of the private key
 * encrypted with SM4-ECB without padding.
 *
 * Every function answers false or NULL when it cannot be done.
 */
#ifndef HALL_ENVELOPE_H
#define HALL_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

/* How the AES key is encrypted; most tokens do the first only. */
enum hall_padding { HALL_OAEP_SHA1, HALL_OAEP_SHA256, HALL_PKCS1 };

/* "sha1", "sha256", "pkcs1". */
bool hall_padding_parse(const char *name, enum hall_padding *padding);

/* The format for a signing key; NULL: there is none for its family. */
const char *hall_envelope_format(EVP_PKEY *signing);

/* A new encryption key of the signing key's family and size. The caller's. */
EVP_PKEY *hall_envelope_key_new(EVP_PKEY *signing);

/* Another one at every call, for the same key. *out is the caller's, from malloc. */
bool hall_envelope_make(EVP_PKEY *signing, EVP_PKEY *key, enum hall_padding padding, uint8_t **out, size_t *length);

/* RFC 5649 with AES-256. out has room for hall_wrapped_size(length); the size
 * that was used goes to *used. */
#define HALL_WRAP_KEY_SIZE 32
#define hall_wrapped_size(length) (((length) + 7) / 8 * 8 + 8)
bool hall_wrap(const uint8_t key[HALL_WRAP_KEY_SIZE], const uint8_t *data, size_t length, uint8_t *out, size_t *used);
/* out has room for length bytes and is the caller's to wipe. */
bool hall_unwrap(const uint8_t key[HALL_WRAP_KEY_SIZE], const uint8_t *data, size_t length, uint8_t *out, size_t *used);

#endif
