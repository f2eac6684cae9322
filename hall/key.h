/*
 * Keys: which ones the hall takes, their hash, and signing with them.
 *
 * SM2 signs over Z, which holds a distinguishing ID; OpenSSL's default is an
 * empty one, the whole of China uses HALL_SM2_ID (GM/T 0009, 10).
 */
#ifndef HALL_KEY_H
#define HALL_KEY_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "encode.h"

#define HALL_SM2_ID "1234567812345678"

/* "rsa2048", "ec-p256", "ed25519", "sm2" ... as in the contract; NULL: not one of them. */
const char *hall_key_type(EVP_PKEY *key);
bool hall_key_type_known(const char *name);

/* False: everybody, or nearly, could sign with it. */
bool hall_key_is_sound(EVP_PKEY *key);

/* Hex SHA-256 of the SubjectPublicKeyInfo. */
bool hall_key_hash(EVP_PKEY *key, char out[HALL_HASH_SIZE]);

/* Ready for X509_sign_ctx and its kin: SHA-256, for SM2 keys SM3 with the ID.
 * NULL: failed. */
EVP_MD_CTX *hall_key_sign_context(EVP_PKEY *key);

/* Gives a verification of an SM2 signature the ID; other keys need nothing. */
bool hall_key_set_id(EVP_PKEY *key, EVP_PKEY_CTX *context);

#endif
