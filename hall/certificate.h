/*
 * Reading certificates and requests (X.509, PKCS#10) with OpenSSL.
 * Texts in UTF-8; names per RFC 4514; serial numbers lower-case hex.
 */
#ifndef HALL_CERTIFICATE_H
#define HALL_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "encode.h"
#include "error.h"

#define HALL_PEM_MAX 16384

struct hall_certificate {
	X509 *x509;
	char id[HALL_HASH_SIZE];	 /* SHA-256 of the DER */
	char public_key[HALL_HASH_SIZE]; /* SHA-256 of the SubjectPublicKeyInfo */
	char serial[64];
	char *subject;
	char *company;	   /* O, else CN; may be empty */
	char *credit_code; /* NULL: the certificate has none */
	int64_t not_before;
	int64_t not_after;
};

void hall_certificate_finish(struct hall_certificate *certificate);

/* Exactly one PEM block and nothing but white space around it; else
 * input.invalid with the field. */
HALL_CHECKED enum hall_code hall_certificate_read(const char *pem, const char *field,
						  struct hall_certificate *certificate, struct hall_error *error);

/* {id, subject, company, creditCode?, serialNumber, notBefore, notAfter} */
json_t *hall_certificate_json(const struct hall_certificate *certificate);

/* A PKCS#10 request, its signature verified and its key one the hall takes:
 * RSA 2048 to 4096, P-256, P-384, Ed25519, SM2; else input.invalid. The caller frees
 * it with X509_REQ_free. */
HALL_CHECKED enum hall_code hall_request_read(const char *pem, const char *field, X509_REQ **request,
					      struct hall_error *error);

/* Hex SHA-256 of the request's DER. */
bool hall_request_hash(X509_REQ *request, char out[HALL_HASH_SIZE]);

/* PEM of a certificate; the caller frees it. */
char *hall_certificate_pem(X509 *certificate);

/* The extension that carries the credit code, or NULL. */
X509_EXTENSION *hall_credit_extension(X509 *certificate);
/* A new extension with a credit code, or a copy of the one a request asks for;
 * NULL: none. The caller frees it. */
X509_EXTENSION *hall_credit_extension_new(const char *credit_code);
X509_EXTENSION *hall_credit_extension_asked(X509_REQ *request);

#endif
