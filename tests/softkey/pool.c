/*
 * Keys made before: DIR/pool/KIND-NUMBER, a private key in DER (KIND: rsa2048,
 * P-256 …). A key pair is made from the first of its kind, which is taken out:
 * every one is used once. Tests that need thousands of renewals do not wait for
 * RSA then, and know the keys that will come.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509.h>

#include "softkey.h"

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = file ? d2i_PrivateKey_fp(file, NULL) : NULL;

	if (file)
		fclose(file);
	return key;
}

EVP_PKEY *pool_take(const char *kind)
{
	struct dirent **entries;
	EVP_PKEY *key = NULL;
	char path[PATH + 300];
	int count;

	snprintf(path, sizeof path, "%s/pool", store_path());
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		size_t length = strlen(kind);

		if (!key && strncmp(name, kind, length) == 0 && name[length] == '-') {
			snprintf(path, sizeof path, "%s/pool/%s", store_path(), name);
			key = read_key(path);
			if (key && unlink(path) != 0) { /* another process was faster */
				EVP_PKEY_free(key);
				key = NULL;
			}
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return key;
}
