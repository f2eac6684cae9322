/* Keys and certificates of the small CA in its folder. */
#include "ca_files.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "ca_build.h"
#include "certificate.h"
#include "cleanup.h"
#include "system.h"

#define ROOT_YEARS 20
#define ISSUING_YEARS 10

bool hall_pem_write_certificate(const char *folder, const char *name, X509 *certificate)
{
	HALL_AUTO_FREE char *path = hall_path(folder, name);
	HALL_AUTO_FREE char *pem = hall_certificate_pem(certificate);
	return path && pem && hall_file_write(path, pem, strlen(pem), false);
}

bool hall_pem_write_key(const char *folder, const char *name, EVP_PKEY *key)
{
	HALL_AUTO_FREE char *path = hall_path(folder, name);
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data;
	bool done = path && bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (done) {
		long length = BIO_get_mem_data(bio, &data);
		done = hall_file_write(path, data, (size_t)length, true);
	}
	BIO_free(bio);
	return done;
}

char *hall_pem_read_text(const char *folder, const char *name)
{
	HALL_AUTO_FREE char *path = hall_path(folder, name);
	size_t length;
	return !path ? NULL : hall_file_read(path, HALL_PEM_MAX, &length);
}

X509 *hall_pem_read_certificate(const char *folder, const char *name)
{
	HALL_AUTO_FREE char *text = hall_pem_read_text(folder, name);
	BIO *bio = !text ? NULL : BIO_new_mem_buf(text, -1);
	X509 *certificate = !bio ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return certificate;
}

EVP_PKEY *hall_pem_read_key(const char *folder, const char *name)
{
	char *text = hall_pem_read_text(folder, name);
	size_t length = !text ? 0 : strlen(text);
	BIO *bio = !text ? NULL : BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = !bio ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (text)
		OPENSSL_cleanse(text, length);
	free(text);
	return key;
}

static bool make(const char *folder, const char *type)
{
	EVP_PKEY *root_key = hall_ca_build_key(type);
	EVP_PKEY *issuing_key = hall_ca_build_key(type);
	X509 *root = NULL, *issuing = NULL;

	if (root_key && issuing_key) {
		root = hall_ca_build_authority(root_key, "Keyhall Demo Root CA", 1, NULL, NULL, ROOT_YEARS);
		if (root)
			issuing = hall_ca_build_authority(issuing_key, "Keyhall Demo Issuing CA", 0, root, root_key,
							  ISSUING_YEARS);
	}
	bool done = issuing && hall_pem_write_key(folder, "root.key", root_key) &&
		    hall_pem_write_key(folder, "issuing.key", issuing_key) &&
		    hall_pem_write_certificate(folder, "root.pem", root) &&
		    hall_pem_write_certificate(folder, "issuing.pem", issuing);
	X509_free(issuing);
	X509_free(root);
	EVP_PKEY_free(issuing_key);
	EVP_PKEY_free(root_key);
	return done;
}

enum hall_code hall_ca_files_make(const char *folder, const char *key, struct hall_error *error)
{
	HALL_AUTO_FREE char *last = hall_path(folder, "issuing.pem");
	HALL_AUTO_FREE char *records = hall_path(folder, "ca.db");
	if (!last || !records)
		return hall_fail_call(error, "asprintf", "path");
	if (hall_file_exists(last))
		return HALL_OK;
	if (hall_file_exists(records))
		return hall_fail_call(error, "read CA (its certificate is gone, its records are not)", last);
	return make(folder, key) ? HALL_OK : hall_fail_call(error, "make CA", key);
}

enum hall_code hall_ca_files_read(const char *folder, struct hall_ca_files *files, struct hall_error *error)
{
	struct hall_ca_files out = {
		.issuing = hall_pem_read_certificate(folder, "issuing.pem"),
		.issuing_key = hall_pem_read_key(folder, "issuing.key"),
		.root_pem = hall_pem_read_text(folder, "root.pem"),
		.issuing_pem = hall_pem_read_text(folder, "issuing.pem"),
	};
	*files = out;
	if (out.issuing && out.issuing_key && out.root_pem && out.issuing_pem)
		return HALL_OK;
	return hall_fail_call(error, "read CA", folder);
}

void hall_ca_files_finish(struct hall_ca_files *files)
{
	X509_free(files->issuing);
	EVP_PKEY_free(files->issuing_key);
	free(files->root_pem);
	free(files->issuing_pem);
	*files = (struct hall_ca_files){0};
}
