/* Certificates for OpenSSL. */
#include "x509/legible.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "x509/sm2.h"

static void free_signed(void *parent, void *original, CRYPTO_EX_DATA *data, int index, long number, void *argument)
{
	struct kh_bytes *bytes = original;

	(void)parent, (void)data, (void)index, (void)number, (void)argument;
	if (bytes)
		kh_bytes_finish(bytes);
	free(bytes);
}

/* Where a copy keeps the bytes that were signed. */
static int signed_index(void)
{
	static int index = -1;

	if (index < 0)
		index = X509_get_ex_new_index(0, NULL, NULL, NULL, free_signed);
	return index;
}

static bool is_legible(const struct kh_tlv *value)
{
	ASN1_STRING *string = ASN1_STRING_type_new((int)value->tag);
	unsigned char *utf8 = NULL;
	int length = -1;

	if (string && ASN1_STRING_set(string, value->body.data, (int)value->body.length) == 1)
		length = ASN1_STRING_to_UTF8(&utf8, string);
	OPENSSL_free(utf8);
	ASN1_STRING_free(string);
	return length >= 0;
}

/* start: of the whole certificate, in bytes that may be written; name lies in it. */
static void mend_name(uint8_t *start, struct kh_span whole, struct kh_span name)
{
	struct kh_tlv rdn, pair, type, value;

	while (kh_der_expect(&name, KH_DER_SET, &rdn)) {
		while (kh_der_expect(&rdn.body, KH_DER_SEQUENCE, &pair)) {
			if (!kh_der_expect(&pair.body, KH_DER_OID, &type) || !kh_der_next(&pair.body, &value))
				continue;
			if ((value.tag == KH_DER_UTF8 || value.tag == KH_DER_BMP || value.tag == KH_DER_UNIVERSAL) &&
			    !is_legible(&value))
				start[value.whole.data - whole.data] = KH_DER_T61;
		}
	}
}

/* The TBSCertificate (its whole TLV) and the bodies of the two names in it. */
static bool split(struct kh_span der, struct kh_span *tbs, struct kh_span *issuer, struct kh_span *subject)
{
	struct kh_tlv whole, part, skipped;

	if (!kh_der_expect(&der, KH_DER_SEQUENCE, &whole) || !kh_der_expect(&whole.body, KH_DER_SEQUENCE, &part))
		return false;
	*tbs = part.whole;
	(void)kh_der_optional(&part.body, KH_DER_CONTEXT, &skipped); /* version */
	if (!kh_der_expect(&part.body, KH_DER_INTEGER, &skipped) ||
	    !kh_der_expect(&part.body, KH_DER_SEQUENCE, &skipped) ||
	    !kh_der_expect(&part.body, KH_DER_SEQUENCE, &whole) ||
	    !kh_der_expect(&part.body, KH_DER_SEQUENCE, &skipped))
		return false;
	*issuer = whole.body;
	if (!kh_der_expect(&part.body, KH_DER_SEQUENCE, &whole))
		return false;
	*subject = whole.body;
	return true;
}

static X509 *read(const uint8_t *der, size_t length)
{
	X509 *certificate = d2i_X509(NULL, &der, (long)length);

	ERR_clear_error();
	return certificate;
}

static X509 *make_copy(struct kh_span der)
{
	struct kh_span tbs, issuer, subject;
	struct kh_bytes bytes = {0};
	struct kh_bytes *signed_bytes = calloc(1, sizeof(*signed_bytes));
	X509 *copy = NULL;

	if (signed_bytes && split(der, &tbs, &issuer, &subject) &&
	    kh_bytes_copy(&bytes, der.data, der.length) == KH_OK &&
	    kh_bytes_copy(signed_bytes, tbs.data, tbs.length) == KH_OK) {
		mend_name(bytes.data, der, issuer);
		mend_name(bytes.data, der, subject);
		copy = read(bytes.data, bytes.length);
	}
	kh_bytes_finish(&bytes);
	if (copy && X509_set_ex_data(copy, signed_index(), signed_bytes) == 1)
		return copy;
	X509_free(copy);
	free_signed(NULL, signed_bytes, NULL, 0, 0, NULL);
	return NULL;
}

/* OpenSSL takes an empty ID unless each certificate whose signature is to be
 * verified has one; for other algorithms one would be an error. */
static bool set_id(X509 *certificate)
{
	ASN1_OCTET_STRING *id;

	if (X509_get_signature_nid(certificate) != NID_SM2_with_SM3)
		return true;
	id = ASN1_OCTET_STRING_new();
	if (!id || ASN1_OCTET_STRING_set(id, (const unsigned char *)KH_SM2_ID, sizeof(KH_SM2_ID) - 1) != 1) {
		ASN1_OCTET_STRING_free(id);
		return false;
	}
	X509_set0_distinguishing_id(certificate, id);
	return true;
}

X509 *kh_legible_new(struct kh_span der)
{
	X509 *certificate = read(der.data, der.length);

	if (!certificate)
		certificate = make_copy(der);
	if (certificate && set_id(certificate))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool verify_init(EVP_MD_CTX *context, int algorithm, EVP_PKEY *key)
{
	EVP_PKEY_CTX *parameters = NULL;
	int digest, kind;

	if (OBJ_find_sigid_algs(algorithm, &digest, &kind) != 1 ||
	    EVP_DigestVerifyInit(context, &parameters, digest == NID_undef ? NULL : EVP_get_digestbynid(digest), NULL,
				 key) != 1)
		return false;
	return algorithm != NID_SM2_with_SM3 || EVP_PKEY_CTX_set1_id(parameters, KH_SM2_ID, sizeof(KH_SM2_ID) - 1) == 1;
}

bool kh_legible_verify(X509 *copy, EVP_PKEY *issuer)
{
	const struct kh_bytes *original = X509_get_ex_data(copy, signed_index());
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const ASN1_BIT_STRING *signature;
	bool good = false;

	X509_get0_signature(&signature, NULL, copy);
	if (original && context && issuer && verify_init(context, X509_get_signature_nid(copy), issuer))
		good = EVP_DigestVerify(context, ASN1_STRING_get0_data(signature),
					(size_t)ASN1_STRING_length(signature), original->data, original->length) == 1;
	EVP_MD_CTX_free(context);
	return good;
}
