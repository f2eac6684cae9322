/* The hall's own signature. */
#include "signer.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

#include "ca_files.h"
#include "cleanup.h"
#include "key.h"
#include "system.h"

#define KEY "signing.key"
#define PUBLIC "signing.pem"
#define SIGNATURE_SIZE 64 /* RFC 8032, 5.1.6 */

static char *public_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *pem = NULL;

	if (bio && PEM_write_bio_PUBKEY(bio, key) == 1) {
		long length = BIO_get_mem_data(bio, &data);
		pem = strndup(data, (size_t)length);
	}
	BIO_free(bio);
	return pem;
}

static bool write_public(const char *state, EVP_PKEY *key)
{
	HALL_AUTO_FREE char *path = hall_path(state, PUBLIC);
	HALL_AUTO_FREE char *pem = public_pem(key);
	return path && pem && hall_file_write(path, pem, strlen(pem), false);
}

/* The public key is written first: where the key is, it is too. */
static EVP_PKEY *make(const char *state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	if (key && write_public(state, key) && hall_pem_write_key(state, KEY, key))
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

enum hall_code hall_signer_open(const char *state, struct hall_signer *signer, struct hall_error *error)
{
	HALL_AUTO_FREE char *path = hall_path(state, KEY);

	if (!path || !hall_folder_make(state))
		return hall_fail_call(error, "mkdir", state);
	signer->key = hall_file_exists(path) ? hall_pem_read_key(state, KEY) : make(state);
	if (!signer->key || !hall_key_hash(signer->key, signer->id)) {
		hall_signer_close(signer);
		return hall_fail_call(error, "signing key", path);
	}
	return HALL_OK;
}

void hall_signer_close(struct hall_signer *signer)
{
	EVP_PKEY_free(signer->key);
	*signer = (struct hall_signer){0};
}

char *hall_signer_public(const struct hall_signer *signer)
{
	return public_pem(signer->key);
}

static char *sign(EVP_PKEY *key, const char *text)
{
	uint8_t signature[SIGNATURE_SIZE];
	size_t length = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(context, signature, &length, (const uint8_t *)text, strlen(text)) == 1;

	EVP_MD_CTX_free(context);
	return done ? hall_base64url(signature, length) : NULL;
}

char *hall_signer_sign(const struct hall_signer *signer, const void *payload, size_t length, bool detached)
{
	char header[128];
	HALL_AUTO_FREE char *text = NULL;
	char *jws;

	snprintf(header, sizeof(header), "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", signer->id);
	HALL_AUTO_FREE char *first = hall_base64url(header, strlen(header));
	HALL_AUTO_FREE char *second = hall_base64url(payload, length);
	if (!first || !second || asprintf(&text, "%s.%s", first, second) < 0)
		return NULL;
	HALL_AUTO_FREE char *third = sign(signer->key, text);
	if (!third || asprintf(&jws, "%s.%s.%s", first, detached ? "" : second, third) < 0)
		return NULL;
	return jws;
}
