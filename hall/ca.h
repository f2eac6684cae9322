/*
 * The certificate authority as the hall sees it: one interface, so that a CA
 * operator can put his own issuing system behind it (ca_openssl.c is the small
 * CA that comes with the hall).
 *
 * Rules every implementation keeps:
 * - issue and reissue are idempotent on `request`: the same name gives the
 *   same certificate, also after a crash between issuing and answering;
 * - the subject, key usage, extended key usage and credit code come from the
 *   old certificate; the CSR gives only the public key;
 * - so it is with the encryption certificate: one for a `request`, everything
 *   but key and usage from the signing certificate;
 * - ca.unavailable means "ask again", ca.refused means "a person must look".
 */
#ifndef HALL_CA_H
#define HALL_CA_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "error.h"

enum hall_ca_status {
	HALL_CA_FOREIGN, /* not issued by this CA */
	HALL_CA_GOOD,
	HALL_CA_REVOKED
};

struct hall_ca_request {
	const char *request; /* name of this request, "order:reissue:spki" */
	const char *csr;     /* PEM */
	X509 *old;	     /* the certificate being renewed */
};

struct hall_ca {
	void *self;

	/* *pem is the caller's. */
	enum hall_code (*issue)(void *self, const struct hall_ca_request *request, char **pem,
				struct hall_error *error);

	/* Issues for another key and revokes the certificate with the hex serial
	 * it supersedes. */
	enum hall_code (*reissue)(void *self, const struct hall_ca_request *request, const char *superseded, char **pem,
				  struct hall_error *error);

	/* Certifies the public key of an encryption pair that belongs to a signing
	 * certificate of this CA. */
	enum hall_code (*encryption)(void *self, const char *request, X509 *signing, EVP_PKEY *key, char **pem,
				     struct hall_error *error);

	enum hall_code (*status)(void *self, X509 *certificate, enum hall_ca_status *status, struct hall_error *error);

	/* The certificate with this hex serial is installed and in use. */
	enum hall_code (*confirm)(void *self, const char *serial, struct hall_error *error);

	/* Revokes (reason superseded) and publishes a new CRL; welcome twice. */
	enum hall_code (*revoke)(void *self, const char *serial, struct hall_error *error);

	/* What the world may fetch; the caller frees *data. */
	enum hall_code (*crl)(void *self, uint8_t **der, size_t *length, struct hall_error *error);

	const char *root;    /* PEM */
	const char *issuing; /* PEM of the intermediate; NULL: the root issues */
};

#endif
