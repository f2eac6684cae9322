/*
 * The hall's own small CA over OpenSSL: a root and an issuing CA in a folder.
 *
 *   root.pem root.key issuing.pem issuing.key   made by hall_ca_make()
 *   ca.db                                       what was issued and revoked
 *   crl.der                                     published list, rewritten on change
 *
 * A file `ca-down` in the folder above makes every call answer ca.unavailable,
 * for rehearsals.
 */
#ifndef HALL_CA_OPENSSL_H
#define HALL_CA_OPENSSL_H

#include <stdbool.h>

#include "ca.h"

struct hall_ca_openssl;

/* Makes keys and certificates unless they exist. crl_url goes into every
 * certificate. key: "ec-p256", "rsa3072" or "sm2"; any of them certifies
 * keys of any type. */
HALL_CHECKED enum hall_code hall_ca_make(const char *state, const char *key, const char *crl_url,
					 struct hall_error *error);

HALL_CHECKED enum hall_code hall_ca_open(const char *state, struct hall_ca *ca, struct hall_error *error);
void hall_ca_close(struct hall_ca *ca);

/* Where certificates say the CRL is; remembered in ca.db. */
HALL_CHECKED enum hall_code hall_ca_set_crl_url(struct hall_ca *ca, const char *url, struct hall_error *error);

/* A company's first certificate, by the operator. */
struct hall_ca_certify {
	const char *csr;
	const char *usage;	 /* "sign", "encrypt", "both" */
	const char *credit_code; /* NULL: as the request asks, if it does */
	int not_before_days;	 /* from now; may be negative */
	int not_after_days;
};
HALL_CHECKED enum hall_code hall_ca_certify(struct hall_ca *ca, const struct hall_ca_certify *certify, char **pem,
					    struct hall_error *error);

#endif
