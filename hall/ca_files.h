/*
 * Keys and certificates of the small CA in its folder: root.pem, root.key,
 * issuing.pem, issuing.key. The keys are readable by their owner only.
 */
#ifndef HALL_CA_FILES_H
#define HALL_CA_FILES_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "error.h"

struct hall_ca_files {
	X509 *issuing;
	EVP_PKEY *issuing_key;
	char *root_pem;
	char *issuing_pem;
};

/* Makes what is missing; issuing.pem comes last and marks a whole set. */
HALL_CHECKED enum hall_code hall_ca_files_make(const char *folder, const char *key, struct hall_error *error);
HALL_CHECKED enum hall_code hall_ca_files_read(const char *folder, struct hall_ca_files *files,
					       struct hall_error *error);
void hall_ca_files_finish(struct hall_ca_files *files);

/* PEM files of OpenSSL objects; NULL, false: failed. */
bool hall_pem_write_certificate(const char *folder, const char *name, X509 *certificate);
bool hall_pem_write_key(const char *folder, const char *name, EVP_PKEY *key);
X509 *hall_pem_read_certificate(const char *folder, const char *name);
EVP_PKEY *hall_pem_read_key(const char *folder, const char *name);
char *hall_pem_read_text(const char *folder, const char *name);

#endif
