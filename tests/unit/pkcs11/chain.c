/* Whether a certificate leads to an anchor, with the names that CAs have written. */
#include "x509/chain.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "issue.h"

#define NOW 1800000000 /* 2027 */
#define TEXT(text) (text), sizeof(text) - 1

struct string {
	unsigned tag;
	const char *value;
	size_t length;
};

/* A Name of one common name. */
static void put_name(struct kh_buffer *out, struct string name)
{
	size_t from = out->length;

	kh_der_put(out, KH_DER_OID, "\x55\x04\x03", 3);
	kh_der_put(out, name.tag, name.value, name.length);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
	kh_der_wrap(out, from, KH_DER_SET);
	kh_der_wrap(out, from, KH_DER_SEQUENCE);
}

/* A certificate with these names, which OpenSSL could not write, by a key. */
static struct kh_certificate *make(EVP_PKEY *own, EVP_PKEY *by, bool ca, struct string issuer, struct string subject)
{
	const char *extensions[] = {"basicConstraints", ca ? "critical,CA:TRUE" : "CA:FALSE", NULL};
	X509 *certificate = make_certificate(own, extensions);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *der = NULL, signature[256];
	size_t size = sizeof(signature), start;
	struct kh_span in;
	struct kh_tlv whole, tbs, part;
	struct kh_buffer out = {0};
	struct kh_certificate *parsed;

	in = (struct kh_span){NULL, (size_t)i2d_X509(certificate, &der)};
	in.data = der;
	assert_true(kh_der_expect(&in, KH_DER_SEQUENCE, &whole) && kh_der_expect(&whole.body, KH_DER_SEQUENCE, &tbs));
	for (size_t i = 0; kh_der_next(&tbs.body, &part); i++) {
		if (i == 3)
			put_name(&out, issuer);
		else if (i == 5)
			put_name(&out, subject);
		else
			kh_buffer_append(&out, part.whole.data, part.whole.length);
	}
	kh_der_wrap(&out, 0, KH_DER_SEQUENCE);
	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, by), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &size, (unsigned char *)out.data, out.length), 1);
	assert_true(kh_der_next(&whole.body, &part));
	kh_buffer_append(&out, part.whole.data, part.whole.length);
	start = out.length;
	kh_buffer_append(&out, "", 1);
	kh_buffer_append(&out, signature, size);
	kh_der_wrap(&out, start, KH_DER_BIT_STRING);
	kh_der_wrap(&out, 0, KH_DER_SEQUENCE);
	parsed = kh_certificate_parse(out.data, out.length);
	assert_non_null(parsed);
	kh_buffer_finish(&out);
	EVP_MD_CTX_free(context);
	OPENSSL_free(der);
	X509_free(certificate);
	return parsed;
}

static struct kh_anchors *anchors_of(const struct kh_certificate *root)
{
	char path[] = "/tmp/keyhall-chain-XXXXXX";
	char *files[] = {path};
	int fd = mkstemp(path);
	struct kh_anchors *anchors;

	assert_int_equal(write(fd, root->der.data, root->der.length), root->der.length);
	close(fd);
	anchors = kh_anchors_new(files, 1);
	unlink(path);
	assert_int_equal(anchors->usable, 1);
	return anchors;
}

#define UTF8 KH_DER_UTF8, TEXT("山西CA")
#define GBK "\xc9\xbd\xce\xf7"
#define LEAF KH_DER_UTF8, TEXT("leaf")

/* The root's name, how its certificates name it, and their own. */
static const struct {
	struct string root, issuer, subject;
	enum kh_code code;
} rows[] = {
	{{UTF8}, {UTF8}, {LEAF}, KH_OK},
	{{UTF8}, {KH_DER_T61, TEXT("山西CA")}, {LEAF}, KH_OK},
	{{KH_DER_T61, TEXT("山西CA")}, {UTF8}, {LEAF}, KH_OK},
	{{UTF8}, {KH_DER_T61, TEXT(GBK "CA")}, {LEAF}, KH_OK},
	{{UTF8}, {KH_DER_BMP, TEXT("\x5c\x71\x89\x7f\0C\0A")}, {LEAF}, KH_OK},
	{{UTF8}, {KH_DER_UTF8, TEXT("山西ＣＡ")}, {LEAF}, KH_OK},
	{{KH_DER_PRINTABLE, TEXT("Example CA")}, {KH_DER_UTF8, TEXT("Example  ca")}, {LEAF}, KH_OK},
	{{UTF8}, {UTF8}, {KH_DER_UTF8, TEXT(GBK)}, KH_OK},
	{{UTF8}, {KH_DER_UTF8, TEXT(GBK "CA")}, {KH_DER_UTF8, TEXT(GBK)}, KH_OK},
	{{KH_DER_UTF8, TEXT(GBK "CA")}, {KH_DER_UTF8, TEXT(GBK "CA")}, {LEAF}, KH_OK},
	{{UTF8}, {UTF8}, {KH_DER_BMP, TEXT("abc")}, KH_OK},
	{{UTF8}, {KH_DER_UTF8, TEXT("山东CA")}, {LEAF}, KH_CERTIFICATE_UNTRUSTED},
};

static void test_names(void **state)
{
	EVP_PKEY *authority = make_key(KH_ANY_KEY_TYPE_EC_P256), *own = make_key(KH_ANY_KEY_TYPE_EC_P256);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kh_certificate *root = make(authority, authority, true, rows[i].root, rows[i].root);
		struct kh_certificate *leaf = make(own, authority, false, rows[i].issuer, rows[i].subject);
		struct kh_certificate *forged = make(own, own, false, rows[i].issuer, rows[i].subject);
		struct kh_anchors *anchors = anchors_of(root);

		if (kh_chain_verify(anchors, leaf, NULL, 0, NOW, NULL) != rows[i].code)
			fail_msg("row %zu", i);
		if (kh_chain_verify(anchors, forged, NULL, 0, NOW, NULL) != KH_CERTIFICATE_UNTRUSTED)
			fail_msg("row %zu: by another key", i);
		kh_anchors_free(anchors);
		kh_certificate_free(forged);
		kh_certificate_free(leaf);
		kh_certificate_free(root);
	}
	EVP_PKEY_free(authority);
	EVP_PKEY_free(own);
}

/* An intermediate CA in between, in the chain and named in another type. */
static void test_intermediate(void **state)
{
	EVP_PKEY *authority = make_key(KH_ANY_KEY_TYPE_EC_P256), *middle = make_key(KH_ANY_KEY_TYPE_EC_P256);
	const struct string name = {UTF8}, between = {KH_DER_UTF8, TEXT(GBK)}, other = {KH_DER_T61, TEXT("山西")};
	struct kh_certificate *root = make(authority, authority, true, name, name);
	struct kh_certificate *issuing =
		make(middle, authority, true, (struct string){KH_DER_T61, TEXT("山西CA")}, between);
	struct kh_certificate *leaf = make(authority, middle, false, other, (struct string){LEAF});
	struct kh_certificate *no_ca = make(middle, authority, false, name, between);
	struct kh_anchors *anchors = anchors_of(root);
	struct kh_buffer good = {0}, bad = {0};
	char *chain[1];

	(void)state;
	kh_pem_append(&good, "CERTIFICATE", issuing->der.data, issuing->der.length);
	kh_pem_append(&bad, "CERTIFICATE", no_ca->der.data, no_ca->der.length);
	chain[0] = good.data;
	assert_int_equal(kh_chain_verify(anchors, leaf, chain, 1, NOW, NULL), KH_OK);
	assert_int_equal(kh_chain_verify(anchors, leaf, chain, 1, 2600000000, NULL), KH_CERTIFICATE_UNTRUSTED);
	assert_int_equal(kh_chain_verify(anchors, leaf, NULL, 0, NOW, NULL), KH_CERTIFICATE_UNTRUSTED);
	chain[0] = bad.data;
	assert_int_equal(kh_chain_verify(anchors, leaf, chain, 1, NOW, NULL), KH_CERTIFICATE_UNTRUSTED);
	kh_anchors_free(anchors);
	kh_buffer_finish(&good);
	kh_buffer_finish(&bad);
	kh_certificate_free(root);
	kh_certificate_free(issuing);
	kh_certificate_free(leaf);
	kh_certificate_free(no_ca);
	EVP_PKEY_free(authority);
	EVP_PKEY_free(middle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_intermediate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
