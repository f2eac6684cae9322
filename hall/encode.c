/* Hex, base64url, SHA-256, HMAC and random names. */
#include "encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

void hall_hex(const void *data, size_t length, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

void hall_hash(const void *data, size_t length, char out[HALL_HASH_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE] = {0};
	EVP_Digest(data, length, digest, NULL, EVP_sha256(), NULL);
	hall_hex(digest, 32, out);
}

bool hall_hash_file(FILE *file, char out[HALL_HASH_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE], part[65536];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
	size_t length;

	while (good && (length = fread(part, 1, sizeof(part), file)) > 0)
		good = EVP_DigestUpdate(context, part, length) == 1;
	good = good && !ferror(file) && EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	if (good)
		hall_hex(digest, 32, out);
	return good;
}

bool hall_hmac(const void *key, size_t key_length, const void *data, size_t length, char out[HALL_HASH_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	if (!HMAC(EVP_sha256(), key, (int)key_length, data, length, digest, NULL))
		return false;
	hall_hex(digest, 32, out);
	return true;
}

bool hall_random_name(char out[HALL_NAME_SIZE])
{
	uint8_t bytes[16];
	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	hall_hex(bytes, sizeof(bytes), out);
	return true;
}

bool hall_random_number(char out[HALL_NUMBER_SIZE])
{
	uint64_t bits;
	if (RAND_bytes((uint8_t *)&bits, sizeof(bits)) != 1)
		return false;
	snprintf(out, HALL_NUMBER_SIZE, "%" PRIu64, UINT64_C(100000000000) + bits % UINT64_C(900000000000));
	return true;
}

static int value_of(char c, const char *last_two)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == last_two[0])
		return 62;
	return c == last_two[1] ? 63 : -1;
}

static uint8_t *decode(const char *text, size_t text_length, const char *last_two, size_t *length)
{
	uint8_t *out = malloc(text_length * 3 / 4 + 1);
	uint32_t bits = 0;
	unsigned held = 0;
	size_t used = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < text_length; i++) {
		int value = value_of(text[i], last_two);
		if (value < 0)
			goto bad;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[used++] = (uint8_t)(bits >> held);
			bits &= (1u << held) - 1;
		}
	}
	if (held >= 6 || bits != 0)
		goto bad;
	out[used] = 0;
	*length = used;
	return out;
bad:
	free(out);
	return NULL;
}

uint8_t *hall_base64url_decode(const char *text, size_t text_length, size_t *length)
{
	return decode(text, text_length, "-_", length);
}

uint8_t *hall_base64_decode(const char *text, size_t text_length, size_t *length)
{
	if (text_length % 4 != 0)
		return NULL;
	for (int padding = 0; padding < 2 && text_length > 0 && text[text_length - 1] == '='; padding++)
		text_length--;
	return decode(text, text_length, "+/", length);
}

char *hall_base64(const void *data, size_t length)
{
	char *out = malloc((length + 2) / 3 * 4 + 1);
	if (out)
		EVP_EncodeBlock((uint8_t *)out, data, (int)length);
	return out;
}

char *hall_base64url(const void *data, size_t length)
{
	char *out = hall_base64(data, length);

	for (char *at = out; at && *at != '\0'; at++) {
		if (*at == '+' || *at == '/')
			*at = *at == '+' ? '-' : '_';
		else if (*at == '=')
			*at = '\0';
	}
	return out;
}

size_t hall_characters(const char *text)
{
	size_t count = 0;
	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

bool hall_same_secret(const char *a, const char *b)
{
	size_t length = strlen(a);
	return length == strlen(b) && CRYPTO_memcmp(a, b, length) == 0;
}
