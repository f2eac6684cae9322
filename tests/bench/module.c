/*
 * The limit: the C_ calls of a listing and of a renewal, done directly in this
 * process, with nothing around them but the hashing a signature needs.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/sha.h>

#include "module.h"

#define OBJECT_MAX 2048

CK_FUNCTION_LIST *p11;
CK_SESSION_HANDLE session;
static void *library;
static CK_OBJECT_HANDLE old_key; /* signs the proof */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS class_certificate = CKO_CERTIFICATE, class_public = CKO_PUBLIC_KEY,
		       class_private = CKO_PRIVATE_KEY;

/* SoftHSM2 always shows one empty token more. */
static CK_SLOT_ID find_slot(void)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = 8;

	CHECK(p11->C_GetSlotList(CK_TRUE, slots, &count));
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		CHECK(p11->C_GetTokenInfo(slots[i], &info));
		if (info.flags & CKF_TOKEN_INITIALIZED)
			return slots[i];
	}
	if (count == 0)
		bench_die("the module shows no token");
	return slots[0];
}

static void load(const char *path, const char *configuration)
{
	CK_RV (*get)(CK_FUNCTION_LIST **);

	setenv("SOFTHSM2_CONF", configuration, 1);
	setenv("SOFTKEY_STORE", configuration, 1);
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		bench_die("%s", dlerror());
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	if (!get)
		bench_die("%s has no C_GetFunctionList", path);
	CHECK(get(&p11));
	CHECK(p11->C_Initialize(NULL));
}

void module_open(const char *path, const char *configuration)
{
	load(path, configuration);
	CHECK(p11->C_OpenSession(find_slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
}

static CK_ULONG find(CK_ATTRIBUTE *template, CK_ULONG attributes, CK_OBJECT_HANDLE *found, CK_ULONG room)
{
	CK_ULONG count = 0;

	CHECK(p11->C_FindObjectsInit(session, template, attributes));
	CHECK(p11->C_FindObjects(session, found, room, &count));
	CHECK(p11->C_FindObjectsFinal(session));
	return count;
}

void module_login(void)
{
	CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_private, sizeof class_private}};

	CHECK(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)BENCH_PIN, strlen(BENCH_PIN)));
	if (find(template, 1, &old_key, 1) != 1)
		bench_die("no private key on the token");
}

void module_close(void)
{
	CHECK(p11->C_Finalize(NULL));
	dlclose(library);
}

void module_generate(struct renewed *pair, unsigned char *id, size_t id_length, char *label)
{
	CK_MECHANISM mechanism = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	unsigned char p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	CK_ATTRIBUTE public_template[] = {
		{CKA_TOKEN, &yes, 1},	 {CKA_PRIVATE, &no, 1},
		{CKA_VERIFY, &yes, 1},	 {CKA_EC_PARAMS, p256, sizeof p256},
		{CKA_ID, id, id_length}, {CKA_LABEL, label, strlen(label)},
	};
	CK_ATTRIBUTE private_template[] = {
		{CKA_TOKEN, &yes, 1},
		{CKA_PRIVATE, &yes, 1},
		{CKA_SENSITIVE, &yes, 1},
		{CKA_EXTRACTABLE, &no, 1},
		{CKA_SIGN, &yes, 1},
		{CKA_ID, id, id_length},
		{CKA_LABEL, label, strlen(label)},
	};

	CHECK(p11->C_GenerateKeyPair(session, &mechanism, public_template, 6, private_template, 7, &pair->public_key,
				     &pair->private_key));
}

/* The uncompressed point, out of its OCTET STRING. */
void module_read_point(CK_OBJECT_HANDLE key, unsigned char point[67])
{
	CK_ATTRIBUTE attribute = {CKA_EC_POINT, point, 67};

	CHECK(p11->C_GetAttributeValue(session, key, &attribute, 1));
	if (attribute.ulValueLen != 67)
		bench_die("CKA_EC_POINT of %lu bytes", attribute.ulValueLen);
}

CK_OBJECT_HANDLE module_write_certificate(const unsigned char *der, size_t length, unsigned char *id, size_t id_length,
					  char *label)
{
	const unsigned char *at = der;
	X509 *certificate = d2i_X509(NULL, &at, (long)length);
	unsigned char *subject = NULL, *issuer = NULL, *serial = NULL;
	CK_CERTIFICATE_TYPE x509 = CKC_X_509;
	CK_OBJECT_HANDLE object;
	int subject_length = i2d_X509_NAME(X509_get_subject_name(certificate), &subject);
	int issuer_length = i2d_X509_NAME(X509_get_issuer_name(certificate), &issuer);
	int serial_length = i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &serial);
	CK_ATTRIBUTE template[] = {
		{CKA_CLASS, &class_certificate, sizeof class_certificate},
		{CKA_CERTIFICATE_TYPE, &x509, sizeof x509},
		{CKA_TOKEN, &yes, 1},
		{CKA_PRIVATE, &no, 1},
		{CKA_ID, id, id_length},
		{CKA_LABEL, label, strlen(label)},
		{CKA_SUBJECT, subject, (CK_ULONG)subject_length},
		{CKA_ISSUER, issuer, (CK_ULONG)issuer_length},
		{CKA_SERIAL_NUMBER, serial, (CK_ULONG)serial_length},
		{CKA_VALUE, (void *)(uintptr_t)der, length},
	};

	CHECK(p11->C_CreateObject(session, template, sizeof template / sizeof *template, &object));
	OPENSSL_free(subject);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	X509_free(certificate);
	return object;
}

static void init_token(void)
{
	CK_SLOT_ID slot = find_slot();
	CK_UTF8CHAR label[33];

	snprintf((char *)label, sizeof label, "%-32s", "Keyhall bench");
	CHECK(p11->C_InitToken(slot, (CK_UTF8CHAR *)BENCH_PIN, strlen(BENCH_PIN), label));
	CHECK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	CHECK(p11->C_Login(session, CKU_SO, (CK_UTF8CHAR *)BENCH_PIN, strlen(BENCH_PIN)));
	CHECK(p11->C_InitPIN(session, (CK_UTF8CHAR *)BENCH_PIN, strlen(BENCH_PIN)));
	CHECK(p11->C_Logout(session));
}

void module_make_token(const char *path, const char *configuration, const struct ca *ca, int certificates)
{
	load(path, configuration);
	init_token();
	CHECK(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)BENCH_PIN, strlen(BENCH_PIN)));
	for (int i = 0; i < certificates; i++) {
		unsigned char id[20], point[67], *der;
		struct renewed pair;
		char label[64];
		EVP_PKEY *key;
		size_t length;

		if (RAND_bytes(id, sizeof id) != 1)
			bench_die("no random bytes");
		snprintf(label, sizeof label, "山西示例焦煤有限公司 %d", i + 1);
		module_generate(&pair, id, sizeof id, label);
		module_read_point(pair.public_key, point);
		key = ca_p256(point + 2, 65);
		length = ca_issue(ca, key, label, &der);
		module_write_certificate(der, length, id, sizeof id, label);
		OPENSSL_free(der);
		EVP_PKEY_free(key);
	}
}

static const CK_ATTRIBUTE_TYPE of_certificate[] = {CKA_ID, CKA_LABEL, CKA_VALUE};
static const CK_ATTRIBUTE_TYPE of_key[] = {CKA_ID,	  CKA_LABEL,   CKA_KEY_TYPE, CKA_MODULUS, CKA_PUBLIC_EXPONENT,
					   CKA_EC_PARAMS, CKA_EC_POINT};

/* What the token host reads, in as few calls as a program can. */
static size_t read_all(CK_OBJECT_CLASS *class, const CK_ATTRIBUTE_TYPE *types, CK_ULONG type_count)
{
	static CK_OBJECT_HANDLE found[1024];
	static unsigned char values[7][OBJECT_MAX];
	CK_ATTRIBUTE template[] = {{CKA_CLASS, class, sizeof *class}};
	CK_ULONG count = find(template, 1, found, 1024);

	for (CK_ULONG i = 0; i < count; i++) {
		CK_ATTRIBUTE attributes[7];
		CK_RV rv;

		for (CK_ULONG k = 0; k < type_count; k++)
			attributes[k] = (CK_ATTRIBUTE){types[k], values[k], OBJECT_MAX};
		rv = p11->C_GetAttributeValue(session, found[i], attributes, type_count);
		if (rv != CKR_ATTRIBUTE_TYPE_INVALID)
			CHECK(rv);
	}
	return count;
}

size_t module_list(void)
{
	read_all(&class_public, of_key, 7);
	return read_all(&class_certificate, of_certificate, 3);
}

size_t module_list_tokens(void)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = 8;

	CHECK(p11->C_GetSlotList(CK_TRUE, slots, &count));
	for (CK_ULONG i = 0; i < count; i++) {
		CK_TOKEN_INFO info;

		CHECK(p11->C_GetTokenInfo(slots[i], &info));
	}
	return count;
}

void module_sign(CK_OBJECT_HANDLE key, const void *data, size_t length, unsigned char signature[64])
{
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	unsigned char digest[32];
	CK_ULONG size = 64;

	SHA256(data, length, digest);
	CHECK(p11->C_SignInit(session, &mechanism, key));
	CHECK(p11->C_Sign(session, digest, sizeof digest, signature, &size));
}

static CK_ULONG find_marked(CK_OBJECT_CLASS *class, unsigned char *id, CK_OBJECT_HANDLE *object)
{
	CK_ATTRIBUTE template[] = {{CKA_CLASS, class, sizeof *class}, {CKA_ID, id, 20}};

	return find(template, 2, object, 1);
}

static unsigned char mark[20];
static char order[] = "keyhall:bench";

void module_begin(struct renewed *pair, unsigned char point[67])
{
	unsigned char text[600] = {0}, signature[64];
	CK_OBJECT_HANDLE none;

	if (RAND_bytes(mark, sizeof mark) != 1)
		bench_die("no random bytes");
	if (find_marked(&class_private, mark, &none) + find_marked(&class_certificate, mark, &none) > 0)
		bench_die("a fresh mark is taken");
	module_generate(pair, mark, sizeof mark, order);
	module_read_point(pair->public_key, point);
	module_sign(pair->private_key, text, sizeof text, signature); /* the request */
	module_sign(old_key, text, sizeof text, signature);	      /* the proof */
}

void module_install(struct renewed *pair, const unsigned char *der, size_t length)
{
	unsigned char text[1200] = {0}, signature[64], value[OBJECT_MAX], digest[32];
	CK_ATTRIBUTE attribute = {CKA_VALUE, value, sizeof value};
	CK_MECHANISM mechanism = {CKM_ECDSA, NULL, 0};
	CK_OBJECT_HANDLE object;

	if (find_marked(&class_private, mark, &object) != 1 || find_marked(&class_certificate, mark, &object) != 0)
		bench_die("the pending key is not there");
	pair->certificate = module_write_certificate(der, length, mark, sizeof mark, order);
	if (find_marked(&class_certificate, mark, &object) != 1)
		bench_die("the certificate is not there");
	CHECK(p11->C_GetAttributeValue(session, object, &attribute, 1));
	if (attribute.ulValueLen != length || memcmp(value, der, length) != 0)
		bench_die("the certificate was read back differently");
	module_sign(pair->private_key, text, sizeof text, signature); /* the receipt */
	SHA256(text, sizeof text, digest);
	CHECK(p11->C_VerifyInit(session, &mechanism, pair->public_key));
	CHECK(p11->C_Verify(session, digest, sizeof digest, signature, sizeof signature));
}

void module_forget(struct renewed *pair)
{
	CHECK(p11->C_DestroyObject(session, pair->certificate));
	CHECK(p11->C_DestroyObject(session, pair->public_key));
	CHECK(p11->C_DestroyObject(session, pair->private_key));
}
