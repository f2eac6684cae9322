/*
 * Signatures of a hall.
 */
#include "tool/jws.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "cleanup.h"

static EVP_PKEY *read_key(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	if (key && EVP_PKEY_is_a(key, "ED25519"))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool verify(const char *pem, const char *text, size_t length, const struct kh_bytes *signature)
{
	EVP_PKEY *key = read_key(pem);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good =
		key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(context, signature->data, signature->length, (const unsigned char *)text, length) == 1;

	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good;
}

bool kh_jws_open(const char *jws, const char *key, struct kh_bytes *payload)
{
	const char *body = strchr(jws, '.');
	const char *end = body ? strchr(body + 1, '.') : NULL;
	struct kh_bytes signature = {0};
	bool good = end && kh_base64url_decode(end + 1, strlen(end + 1), &signature) == KH_OK &&
		    verify(key, jws, (size_t)(end - jws), &signature) &&
		    kh_base64url_decode(body + 1, (size_t)(end - body - 1), payload) == KH_OK;

	kh_bytes_finish(&signature);
	return good;
}

bool kh_jws_fits(const char *jws, const char *key, const struct kh_buffer *payload)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	const char *end = strstr(jws, "..");
	struct kh_bytes signature = {0};
	bool good;

	if (!end || kh_base64url_decode(end + 2, strlen(end + 2), &signature) != KH_OK)
		return false;
	kh_buffer_append(&text, jws, (size_t)(end + 1 - jws));
	kh_base64url_append(&text, payload->data, payload->length);
	good = !text.failed && verify(key, text.data, text.length, &signature);
	kh_bytes_finish(&signature);
	return good;
}
