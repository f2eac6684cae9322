/* A TLS certificate for localhost. */
#include "tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/x509v3.h>

#include "ca_build.h"
#include "ca_files.h"
#include "cleanup.h"
#include "system.h"

#define DAYS 397 /* browsers take no longer */
#define SPARE_DAYS 30

/* TLS goes by the PC's clock, not by the hall's: browsers do too. */
static bool set_validity(X509 *certificate)
{
	int64_t now = (int64_t)time(NULL);
	return hall_ca_build_validity(certificate, now - HALL_CA_BACKDATE, now + DAYS * 86400);
}

static bool set_names(X509 *certificate, const char *name, const char *issuer)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
					  (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate), "CN", MBSTRING_UTF8,
					  (const unsigned char *)issuer, -1, -1, 0) == 1;
}

static bool begin(X509 *certificate, EVP_PKEY *key, const char *name, const char *issuer)
{
	return X509_set_version(certificate, X509_VERSION_3) == 1 && hall_ca_build_serial(certificate) &&
	       set_names(certificate, name, issuer) && set_validity(certificate) &&
	       X509_set_pubkey(certificate, key) == 1;
}

#define ROOT_NAME "Keyhall localhost root"

static bool build_root(X509 *root, EVP_PKEY *key, const char *address)
{
	char limits[200];
	snprintf(limits, sizeof(limits),
		 "critical,permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255,permitted;IP:%s/"
		 "255.255.255.255",
		 address);
	return begin(root, key, ROOT_NAME, ROOT_NAME) &&
	       hall_ca_build_extension(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	       hall_ca_build_extension(root, root, NID_key_usage, "critical,keyCertSign") &&
	       hall_ca_build_extension(root, root, NID_name_constraints, limits) &&
	       hall_ca_build_extension(root, root, NID_subject_key_identifier, "hash") &&
	       X509_sign(root, key, EVP_sha256()) > 0;
}

static bool build_server(X509 *server, EVP_PKEY *key, X509 *root, EVP_PKEY *root_key, const char *address)
{
	char names[120];
	snprintf(names, sizeof(names), "DNS:localhost,IP:127.0.0.1,IP:%s", address);
	return begin(server, key, "localhost", ROOT_NAME) &&
	       hall_ca_build_extension(server, root, NID_basic_constraints, "critical,CA:FALSE") &&
	       hall_ca_build_extension(server, root, NID_key_usage, "critical,digitalSignature") &&
	       hall_ca_build_extension(server, root, NID_ext_key_usage, "serverAuth") &&
	       hall_ca_build_extension(server, root, NID_subject_alt_name, names) &&
	       hall_ca_build_extension(server, root, NID_authority_key_identifier, "keyid:always") &&
	       X509_sign(server, root_key, EVP_sha256()) > 0;
}

static bool make(const char *folder, const char *address)
{
	EVP_PKEY *root_key = hall_ca_build_key("ec-p256");
	EVP_PKEY *key = hall_ca_build_key("ec-p256");
	X509 *root = X509_new(), *server = X509_new();
	bool done = root_key && key && root && server && build_root(root, root_key, address) &&
		    build_server(server, key, root, root_key, address) &&
		    hall_pem_write_key(folder, "server.key", key) &&
		    hall_pem_write_certificate(folder, "root.pem", root) &&
		    hall_pem_write_certificate(folder, "server.pem", server);
	X509_free(server);
	X509_free(root);
	EVP_PKEY_free(key);
	EVP_PKEY_free(root_key);
	return done;
}

static bool is_good(const char *folder, const char *address)
{
	X509 *server = hall_pem_read_certificate(folder, "server.pem");
	EVP_PKEY *key = hall_pem_read_key(folder, "server.key");
	time_t soon = time(NULL) + SPARE_DAYS * 86400;
	bool good = server && key && X509_check_private_key(server, key) == 1 &&
		    X509_cmp_time(X509_get0_notAfter(server), &soon) > 0 && X509_check_ip_asc(server, address, 0) == 1;
	EVP_PKEY_free(key);
	X509_free(server);
	return good;
}

enum hall_code hall_tls_open(const char *state, const char *address, struct hall_tls *tls, struct hall_error *error)
{
	struct hall_tls out = {.folder = hall_path(state, "tls")};
	const char *own = strcmp(address, "0.0.0.0") == 0 ? "127.0.0.1" : address;

	if (out.folder && hall_folder_make(out.folder) && (is_good(out.folder, own) || make(out.folder, own))) {
		out.root_path = hall_path(out.folder, "root.pem");
		out.key = hall_pem_read_text(out.folder, "server.key");
		out.certificate = hall_pem_read_text(out.folder, "server.pem");
	}
	*tls = out;
	if (out.root_path && out.key && out.certificate)
		return HALL_OK;
	hall_tls_finish(tls);
	return hall_fail_call(error, "make TLS certificate", state);
}

void hall_tls_finish(struct hall_tls *tls)
{
	free(tls->folder);
	free(tls->root_path);
	free(tls->key);
	free(tls->certificate);
	*tls = (struct hall_tls){0};
}
