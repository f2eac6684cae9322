/*
 * A certificate (RFC 5280) as the token host needs it: the DER and the few
 * fields that are shown, compared or copied, read by the small DER reader.
 * d2i_X509 costs hundreds of microseconds; it is used only where a chain or a
 * signature is checked.
 */
#ifndef KH_PKCS11_X509_CERTIFICATE_H
#define KH_PKCS11_X509_CERTIFICATE_H

#include "cleanup.h"
#include "contract.h"
#include "x509/der.h"
#include "x509/moment.h"
#include "x509/spki.h"

/* Bits of usage_bits: keyAgreement; and it with keyEncipherment, dataEncipherment. */
enum { KH_USAGE_AGREES = 0x08, KH_USAGE_ENCRYPTS = 0x38 };

struct kh_certificate {
	struct kh_bytes der;
	/* Parts of der, each a whole TLV; empty when absent. */
	struct kh_span serial;
	struct kh_span issuer;
	struct kh_span subject;
	struct kh_span spki;
	struct kh_span key_usage;	   /* Extension */
	struct kh_span extended_key_usage; /* Extension */
	struct kh_span extensions;	   /* body of SEQUENCE OF Extension */
	char id[KH_SHA256_HEX];		   /* SHA-256 of der */
	char spki_id[KH_SHA256_HEX];	   /* SHA-256 of spki as it stands here */
	char key_id[KH_SHA256_HEX];	   /* the same of its normal form: what a key object's spki_id is */
	char not_before[KH_TIME_TEXT];	   /* RFC 3339, UTC */
	char not_after[KH_TIME_TEXT];
	int64_t begins; /* seconds since 1970 */
	int64_t ends;
	enum kh_usage usage;
	unsigned usage_bits; /* first octet of KeyUsage (RFC 5280, 4.2.1.3); 0: no such extension */
	enum kh_any_key_type key_type;
	bool ca;
};

/* Reads DER; trailing zeros that some tokens leave are cut off. NULL when it
 * is no certificate, too large for a message, or memory is out. */
struct kh_certificate *kh_certificate_parse(const void *der, size_t length);
void kh_certificate_free(struct kh_certificate *certificate);
/* For KH_AUTO: takes the address of the pointer. */
void kh_certificate_auto_free(void *address);
#define KH_AUTO_CERTIFICATE KH_AUTO(kh_certificate_auto_free) struct kh_certificate

/* Exactly one PEM block CERTIFICATE (RFC 7468), blanks around it allowed. */
struct kh_certificate *kh_certificate_from_pem(const char *pem);

/* Appends a PEM block. */
void kh_pem_append(struct kh_buffer *out, const char *label, const void *der, size_t length);

/* The credit code: the first of these dotted OIDs that is an extension or an
 * attribute of the subject; NULL when there is none. Plain or wrapped. */
char *kh_certificate_credit_code(const struct kh_certificate *certificate, char *const *oids, size_t count);

/* The subject's organisation, else its common name, 192 bytes at most. NULL: it has
 * neither, or memory is out. */
char *kh_certificate_company(const struct kh_certificate *certificate);

/* The subject's common name, or its whole text; 192 bytes at most, for a label.
 * NULL out of memory. */
char *kh_certificate_common_name(const struct kh_certificate *certificate);

/* Fills the contract's struct; strings from malloc. */
KH_CHECKED enum kh_code kh_certificate_describe(const struct kh_certificate *certificate,
						struct kh_key_certificate *out, struct kh_error *error);

#endif
