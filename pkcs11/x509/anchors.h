/*
 * The configured anchors: the CA certificates that a new certificate must lead to.
 *
 * They are read from files as administrators have them: PEM with one block or
 * several (CERTIFICATE, X509 CERTIFICATE, TRUSTED CERTIFICATE, PKCS7), DER, bare
 * base64, certificates in a PKCS #7 file (.p7b); with a byte order mark, in UTF-16,
 * with any line ends; or the PEM text stands in the configuration in the place of a
 * file's path. What cannot be used is told with file and reason, and the
 * rest is used.
 */
#ifndef KH_PKCS11_X509_ANCHORS_H
#define KH_PKCS11_X509_ANCHORS_H

#include <openssl/x509_vfy.h>

#include "host_contract.h"
#include "x509/certificate.h"

#define KH_ANCHORS_MAX 256
#define KH_ANCHOR_FILES_MAX KH_HOST_HOST_CONFIGURE_PARAMS_ANCHORS_MAX

struct kh_anchors {
	X509_STORE *store; /* holds no certificate: its rules for all verifications */
	STACK_OF(X509) * list;
	char ids[KH_ANCHORS_MAX][KH_SHA256_HEX]; /* SHA-256 of the DER, as list */
	size_t usable;				 /* CA certificates that are valid now */
	/* One a file at most: the first thing that is wrong with it. */
	struct kh_anchor_trouble {
		const char *file; /* the caller's, whole path; "PEM" for a text */
		enum kh_host_anchor_problem_reason reason;
	} troubles[KH_ANCHOR_FILES_MAX];
	size_t troubles_count;
};

/* files stay the caller's and must outlive the anchors. NULL when memory is out;
 * what is wrong with a file is logged and stands in troubles. */
struct kh_anchors *kh_anchors_new(char *const *files, size_t count);
void kh_anchors_free(struct kh_anchors *anchors);

/* Whether this certificate itself is an anchor. */
bool kh_anchors_have(const struct kh_anchors *anchors, const char *id);

/* anchors_file.c: whether it is no path but the PEM text itself. */
bool kh_anchor_is_text(const char *anchor);

/* anchors_file.c: calls take for every certificate in the file, or the text (whole TLV; false:
 * no more). NONE: nothing is wrong, or no certificate was found and nothing tells
 * why. */
enum kh_host_anchor_problem_reason kh_anchors_read_file(const char *path,
							bool (*take)(void *context, struct kh_span der), void *context);

#endif
