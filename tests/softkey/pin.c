/* PINs: salted hashes in the token file, a counter that is written before the PIN is compared. */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "softkey.h"

static void to_hex(const unsigned char *bytes, size_t length, char *out)
{
	for (size_t i = 0; i < length; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool digest(const struct token *token, CK_USER_TYPE user, const CK_BYTE *pin, CK_ULONG length, char out[65])
{
	unsigned char text[sizeof token->salt + 1 + PIN_MAX], hash[32];
	size_t salt = strlen(token->salt);
	unsigned size = sizeof hash;

	memcpy(text, token->salt, salt);
	text[salt] = (unsigned char)user;
	memcpy(text + salt + 1, pin, length);
	if (EVP_Digest(text, salt + 1 + length, hash, &size, EVP_sha256(), NULL) != 1)
		return false;
	to_hex(hash, sizeof hash, out);
	OPENSSL_cleanse(text, sizeof text);
	return true;
}

CK_RV pin_check(struct token *token, CK_USER_TYPE user, const CK_BYTE *pin, CK_ULONG length)
{
	char *wanted = user == CKU_SO ? token->so_pin : token->pin, given[65];
	long *left = user == CKU_SO ? &token->so_left : &token->left;
	CK_RV rv;

	if (!wanted[0])
		return CKR_USER_PIN_NOT_INITIALIZED;
	if (*left <= 0)
		return CKR_PIN_LOCKED;
	if (!pin || length > PIN_MAX)
		return CKR_PIN_INCORRECT;
	(*left)--;
	rv = store_write_token(token);
	if (rv != CKR_OK)
		return rv;
	if (!digest(token, user, pin, length, given))
		return CKR_DEVICE_ERROR;
	if (strcmp(given, wanted) != 0)
		return CKR_PIN_INCORRECT;
	*left = user == CKU_SO ? 10 : token->tries;
	return store_write_token(token);
}

CK_RV pin_set(struct token *token, CK_USER_TYPE user, const CK_BYTE *pin, CK_ULONG length)
{
	unsigned char salt[16];

	if (!pin || length < (CK_ULONG)token->min_pin || length > PIN_MAX)
		return CKR_PIN_LEN_RANGE;
	if (!token->salt[0]) {
		if (RAND_bytes(salt, sizeof salt) != 1)
			return CKR_DEVICE_ERROR;
		to_hex(salt, sizeof salt, token->salt);
	}
	if (!digest(token, user, pin, length, user == CKU_SO ? token->so_pin : token->pin))
		return CKR_DEVICE_ERROR;
	if (user == CKU_SO)
		token->so_left = 10;
	else
		token->left = token->tries;
	return CKR_OK;
}
