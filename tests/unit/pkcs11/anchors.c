/* C3: files with anchors, as administrators have them. */
#include "x509/anchors.h"

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "issue.h"

#define REASON(name) KH_HOST_ANCHOR_PROBLEM_REASON_##name

static char folder[] = "/tmp/keyhall-anchors-XXXXXX";
static char path[sizeof(folder) + 16];
static EVP_PKEY *key;
static X509 *first, *second;
static struct kh_bytes der; /* of first */

static X509 *make_authority(const char *basic, const char *end)
{
	const char *extensions[] = {"basicConstraints", basic, NULL};
	X509 *certificate = make_certificate(key, extensions);

	ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), end);
	X509_sign(certificate, key, EVP_sha256());
	return certificate;
}

static int make_all(void **state)
{
	int length;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/anchors", folder);
	key = make_key(KH_ANY_KEY_TYPE_EC_P256);
	first = make_authority("critical,CA:TRUE", "20500101000000Z");
	second = make_authority("critical,CA:TRUE", "20490101000000Z");
	length = i2d_X509(first, &der.data);
	der.length = (size_t)length;
	return 0;
}

static int finish_all(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	X509_free(first);
	X509_free(second);
	EVP_PKEY_free(key);
	OPENSSL_free(der.data);
	return 0;
}

/* What comes of a file with these bytes. */
static void expect_file(const void *data, size_t length, size_t usable, enum kh_host_anchor_problem_reason reason)
{
	char *files[] = {path};
	struct kh_anchors *anchors;
	FILE *file = fopen(path, "wb");

	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
	anchors = kh_anchors_new(files, 1);
	assert_int_equal(anchors->usable, usable);
	assert_int_equal(anchors->troubles_count, reason != REASON(NONE));
	if (reason != REASON(NONE)) {
		assert_int_equal(anchors->troubles[0].reason, reason);
		assert_string_equal(anchors->troubles[0].file, path);
	}
	kh_anchors_free(anchors);
}

static void expect_bio(BIO *bio, size_t usable, enum kh_host_anchor_problem_reason reason)
{
	char *data;
	long length = BIO_get_mem_data(bio, &data);

	expect_file(data, (size_t)length, usable, reason);
	BIO_free(bio);
}

static BIO *pem_of(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(bio, certificate);
	return bio;
}

static void test_plain(void **state)
{
	BIO *bio = pem_of(first);

	(void)state;
	BIO_puts(bio, "# a comment\r\n\r\n");
	PEM_write_bio_X509(bio, second);
	expect_bio(bio, 2, REASON(NONE));
	expect_bio(pem_of(first), 1, REASON(NONE));
	expect_file(der.data, der.length, 1, REASON(NONE));
}

static void test_trusted(void **state)
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *copy = X509_dup(first);

	(void)state;
	X509_alias_set1(copy, (const unsigned char *)"root", 4);
	PEM_write_bio_X509_AUX(bio, copy);
	X509_free(copy);
	expect_bio(bio, 1, REASON(NONE));
}

static PKCS7 *make_pkcs7(void)
{
	PKCS7 *pkcs7 = PKCS7_new();

	PKCS7_set_type(pkcs7, NID_pkcs7_signed);
	PKCS7_content_new(pkcs7, NID_pkcs7_data);
	PKCS7_add_certificate(pkcs7, first);
	PKCS7_add_certificate(pkcs7, second);
	return pkcs7;
}

static void test_pkcs7(void **state)
{
	PKCS7 *pkcs7 = make_pkcs7();
	BIO *pem = BIO_new(BIO_s_mem()), *plain = BIO_new(BIO_s_mem()), *chunks = BIO_new(BIO_s_mem());

	(void)state;
	PEM_write_bio_PKCS7(pem, pkcs7);
	expect_bio(pem, 2, REASON(NONE));
	i2d_PKCS7_bio(plain, pkcs7);
	expect_bio(plain, 2, REASON(NONE));
	i2d_PKCS7_bio_stream(chunks, pkcs7, NULL, 0);
	expect_bio(chunks, 2, REASON(NONE));
	PKCS7_free(pkcs7);
}

/* SignedData of GM/T 0010 goes by another OID: 1.2.156.10197.6.1.4.2.2. */
static void test_chinese_signed_data(void **state)
{
	static const uint8_t version[] = {0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x00};
	static const uint8_t oid[] = {0x06, 0x0a, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x06, 0x01, 0x04, 0x02, 0x02};
	struct kh_buffer out = {0};

	(void)state;
	kh_buffer_append(&out, version, sizeof(version));
	kh_der_put(&out, KH_DER_CONTEXT, der.data, der.length);
	kh_der_wrap(&out, 0, KH_DER_SEQUENCE);
	kh_der_wrap(&out, 0, KH_DER_CONTEXT);
	kh_buffer_append(&out, oid, sizeof(oid));
	/* The OID goes first. */
	memmove(out.data + sizeof(oid), out.data, out.length - sizeof(oid));
	memcpy(out.data, oid, sizeof(oid));
	kh_der_wrap(&out, 0, KH_DER_SEQUENCE);
	expect_file(out.data, out.length, 1, REASON(NONE));
	kh_buffer_finish(&out);
}

/* Notepad's doings. */
static void test_texts(void **state)
{
	BIO *bio = pem_of(first);
	char *pem;
	size_t length = (size_t)BIO_get_mem_data(bio, &pem);
	struct kh_buffer marked = {0}, little = {0}, big = {0}, crlf = {0}, cr = {0}, bare = {0};

	(void)state;
	kh_buffer_append_text(&marked, "\xef\xbb\xbf");
	kh_buffer_append(&marked, pem, length);
	expect_file(marked.data, marked.length, 1, REASON(NONE));
	kh_buffer_append(&little, "\xff\xfe", 2);
	kh_buffer_append(&big, "\xfe\xff", 2);
	for (size_t i = 0; i < length; i++) {
		kh_buffer_append(&little, (char[]){pem[i], 0}, 2);
		kh_buffer_append(&big, (char[]){0, pem[i]}, 2);
		kh_buffer_append_text(&crlf, pem[i] == '\n' ? "\r\n" : (char[]){pem[i], 0});
		kh_buffer_append_text(&cr, pem[i] == '\n' ? "\r" : (char[]){pem[i], 0});
	}
	expect_file(little.data, little.length, 1, REASON(NONE));
	expect_file(little.data + 2, little.length - 2, 1, REASON(NONE));
	expect_file(big.data, big.length, 1, REASON(NONE));
	expect_file(crlf.data, crlf.length, 1, REASON(NONE));
	expect_file(cr.data, cr.length, 1, REASON(NONE));
	kh_base64_append(&bare, der.data, der.length);
	kh_buffer_append_text(&bare, "\r\n");
	expect_file(bare.data, bare.length, 1, REASON(NONE));
	kh_buffer_finish(&marked);
	kh_buffer_finish(&little);
	kh_buffer_finish(&big);
	kh_buffer_finish(&crlf);
	kh_buffer_finish(&cr);
	kh_buffer_finish(&bare);
	BIO_free(bio);
}

static void test_private_keys(void **state)
{
	BIO *pem = BIO_new(BIO_s_mem()), *plain = BIO_new(BIO_s_mem()), *locked = BIO_new(BIO_s_mem()),
	    *both = pem_of(first);

	(void)state;
	PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL);
	expect_bio(pem, 0, REASON(PRIVATE_KEY));
	i2d_PrivateKey_bio(plain, key);
	expect_bio(plain, 0, REASON(PRIVATE_KEY));
	i2d_PKCS8PrivateKey_bio(locked, key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL);
	expect_bio(locked, 0, REASON(NOTHING));
	PEM_write_bio_PrivateKey(both, key, NULL, NULL, 0, NULL, NULL);
	expect_bio(both, 1, REASON(PRIVATE_KEY));
}

static void test_useless(void **state)
{
	BIO *bio = pem_of(first);
	X509 *leaf = make_authority("CA:FALSE", "20500101000000Z"),
	     *expired = make_authority("CA:TRUE", "20260101000000Z");

	(void)state;
	expect_file("", 0, 0, REASON(EMPTY));
	expect_file("hello, world", 12, 0, REASON(NOTHING));
	expect_file("\x30\x03\x02\x01\x00", 5, 0, REASON(NOTHING));
	expect_file("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", 59, 0, REASON(BROKEN));
	expect_file("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 59, 0, REASON(NOTHING));
	expect_file("-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", 57, 0, REASON(NOTHING));
	expect_file(der.data, der.length - 9, 0, REASON(NOTHING));
	BIO_puts(bio, "-----BEGIN CERTIFICATE-----\nAAAA\n!!!!\n-----END CERTIFICATE-----\n");
	PEM_write_bio_X509(bio, second);
	expect_bio(bio, 2, REASON(BROKEN));
	expect_bio(pem_of(leaf), 0, REASON(LEAF));
	expect_bio(pem_of(expired), 0, REASON(EXPIRED));
	X509_free(leaf);
	X509_free(expired);
}

static void test_no_file(void **state)
{
	static char gone[] = "/nonexistent/root.pem", place[] = "/tmp";
	char *files[] = {gone, place};
	struct kh_anchors *anchors = kh_anchors_new(files, 2);

	(void)state;
	assert_int_equal(anchors->troubles_count, 2);
	assert_int_equal(anchors->troubles[0].reason, REASON(ABSENT));
	assert_int_equal(anchors->troubles[1].reason, REASON(UNREADABLE));
	assert_int_equal(anchors->usable, 0);
	kh_anchors_free(anchors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),	     cmocka_unit_test(test_trusted),
		cmocka_unit_test(test_pkcs7),	     cmocka_unit_test(test_texts),
		cmocka_unit_test(test_private_keys), cmocka_unit_test(test_useless),
		cmocka_unit_test(test_no_file),	     cmocka_unit_test(test_chinese_signed_data),
	};

	return cmocka_run_group_tests(tests, make_all, finish_all);
}
