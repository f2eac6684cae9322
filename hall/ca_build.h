/*
 * Building certificates and lists with OpenSSL; inside of the CA only.
 * Every function answers false or NULL when OpenSSL fails.
 */
#ifndef HALL_CA_BUILD_H
#define HALL_CA_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

/* Certificates and lists begin a little earlier: PCs whose clock is behind. */
#define HALL_CA_BACKDATE 600

/* "ec-p256", "rsa3072" or "sm2". */
EVP_PKEY *hall_ca_build_key(const char *type);

/* A CA certificate; issuer NULL: self-signed. path: how many CAs may follow. */
X509 *hall_ca_build_authority(EVP_PKEY *key, const char *name, int path, X509 *issuer, EVP_PKEY *issuer_key, int years);

struct hall_ca_leaf {
	EVP_PKEY *key;
	const X509_NAME *subject;
	int64_t not_before;
	int64_t not_after;
	const char *crl_url;
	/* Either the extensions of an old certificate ... */
	X509 *like;
	/* ... or these: key usage by name, the credit code's extension or NULL,
	 * the certificate whose alternative names it takes or NULL. */
	const char *usage;
	X509_EXTENSION *credit;
	X509 *names;
};
X509 *hall_ca_build_leaf(const struct hall_ca_leaf *leaf, X509 *issuer, EVP_PKEY *issuer_key);

struct hall_ca_revoked {
	const char *serial; /* hex */
	int64_t time;
};
X509_CRL *hall_ca_build_crl(X509 *issuer, EVP_PKEY *issuer_key, int64_t number, const struct hall_ca_revoked *revoked,
			    size_t count);

/* Shared with the TLS certificate: one extension by OpenSSL's configuration text. */
bool hall_ca_build_extension(X509 *certificate, X509 *issuer, int nid, const char *value);
bool hall_ca_build_serial(X509 *certificate);
bool hall_ca_build_validity(X509 *certificate, int64_t not_before, int64_t not_after);

#endif
