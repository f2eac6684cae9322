/*
 * SHA-256 of files.
 */
#include "tool/digest.h"

#include <stdio.h>

#include <openssl/evp.h>

#include "bytes.h"
#include "cleanup.h"
#include "file.h"
#include "system.h"

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void free_context(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static FILE *open_file(const char *path)
{
	char home[KH_PATH_MAX], whole[2 * KH_PATH_MAX];

	if (path[0] != '~')
		return kh_file_open(path, "rb");
	kh_system_home(home, sizeof(home));
	snprintf(whole, sizeof(whole), "%s%s", home, path + 1);
	return kh_file_open(whole, "rb");
}

bool kh_digest_file(const char *path, char digest[KH_SHA256_MAX + 1])
{
	KH_AUTO(close_file) FILE *file = open_file(path);
	KH_AUTO(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char part[65536], value[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	size_t count;

	if (!file || !context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
		return false;
	while ((count = fread(part, 1, sizeof(part), file)) > 0) {
		if (EVP_DigestUpdate(context, part, count) != 1)
			return false;
	}
	if (ferror(file) || EVP_DigestFinal_ex(context, value, &length) != 1)
		return false;
	kh_hex(value, length, digest);
	return true;
}
