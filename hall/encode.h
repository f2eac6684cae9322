/* Hex, base64url, SHA-256, HMAC, random names and UTF-8. */
#ifndef HALL_ENCODE_H
#define HALL_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HALL_HASH_SIZE 65 /* hex SHA-256 and its NUL */
#define HALL_NUMBER_SIZE 13
#define HALL_NAME_SIZE 33 /* hex of 128 random bits and its NUL */

/* Lower-case hex; out has room for 2 * length + 1. */
void hall_hex(const void *data, size_t length, char *out);

/* Hex SHA-256. */
void hall_hash(const void *data, size_t length, char out[HALL_HASH_SIZE]);

/* The same of a file from where it stands to its end. False: it cannot be read. */
bool hall_hash_file(FILE *file, char out[HALL_HASH_SIZE]);

/* Hex HMAC-SHA-256. */
bool hall_hmac(const void *key, size_t key_length, const void *data, size_t length, char out[HALL_HASH_SIZE]);

/* 128 random bits in hex: payment and visitor names. */
bool hall_random_name(char out[HALL_NAME_SIZE]);

/* Twelve random digits, the first not 0: an order's number, to be read over the phone. */
bool hall_random_number(char out[HALL_NUMBER_SIZE]);

/* RFC 7515 base64url without padding, strict: no foreign character, no bit set
 * beyond the data. The result is the caller's, with a NUL behind its end. */
uint8_t *hall_base64url_decode(const char *text, size_t text_length, size_t *length);

/* RFC 4648 base64 with padding, strict. */
uint8_t *hall_base64_decode(const char *text, size_t text_length, size_t *length);

/* RFC 4648 base64 with padding; the caller frees it. NULL: out of memory. */
char *hall_base64(const void *data, size_t length);

/* RFC 7515 base64url without padding; the caller frees it. NULL: out of memory. */
char *hall_base64url(const void *data, size_t length);

/* Characters of a UTF-8 text. */
size_t hall_characters(const char *text);

/* True when both texts are the same; time does not depend on where they differ. */
bool hall_same_secret(const char *a, const char *b);

#endif
