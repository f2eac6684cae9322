/*
 * The manifest.
 */
#include "tool/manifest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "window.h"

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

/* The payload, once the signature is known to be by the key. */
static bool open_jws(const char *jws, const char *key, struct kh_bytes *payload)
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

static bool is_mixed(const struct kh_manifest *manifest)
{
	for (size_t i = 0; i < manifest->files_count; i++)
		if (strcmp(manifest->files[i].version, manifest->version) != 0)
			return true;
	return manifest->files_count == 0;
}

static enum kh_manifest_verdict judge(const struct kh_manifest *manifest, int64_t now, int64_t last)
{
	int64_t expires;

	if (!kh_time_parse(manifest->expires, &expires))
		return KH_MANIFEST_INVALID;
	if (manifest->number < last)
		return KH_MANIFEST_OLDER;
	if (expires <= now)
		return KH_MANIFEST_EXPIRED;
	return is_mixed(manifest) ? KH_MANIFEST_MIXED : KH_MANIFEST_GOOD;
}

enum kh_manifest_verdict kh_manifest_read(const char *jws, const char *key, int64_t now, int64_t last,
					  struct kh_manifest *manifest)
{
	struct kh_bytes payload = {0};
	enum kh_manifest_verdict verdict = KH_MANIFEST_UNSIGNED;
	struct kh_manifest read;

	if (open_jws(jws, key, &payload)) {
		verdict = KH_MANIFEST_INVALID;
		if (kh_decode(&kh_manifest_type, (const char *)payload.data, payload.length, &read, NULL) == KH_OK) {
			verdict = judge(&read, now, last);
			if (verdict == KH_MANIFEST_GOOD)
				*manifest = read;
			else
				kh_clear(&kh_manifest_type, &read);
		}
	}
	kh_bytes_finish(&payload);
	return verdict;
}
