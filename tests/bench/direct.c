/*
 * A whole renewal in the fewest C_ calls that check what the agent checks: the
 * list is read, the old key found, the pair read back, the request's and the
 * proof's signatures verified (on the host), the certificate read back, the new
 * key proved by the receipt and again before the old pair is deleted. It trusts a search that gives fewer handles than asked for, and that
 * nobody but itself writes between two searches.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "module.h"

#define OBJECTS 256
#define VALUE_MAX 2048

struct known {
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_CLASS class;
	unsigned char id[20];
	CK_ULONG id_length;
};

static struct known objects[OBJECTS];
static size_t count;
static struct renewed old, new;
static unsigned char mark[20], new_point[67], old_point[67];

static void read_object(CK_OBJECT_HANDLE handle)
{
	static const CK_ATTRIBUTE_TYPE types[] = {CKA_LABEL,   CKA_VALUE,	    CKA_KEY_TYPE,
						  CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS};
	enum { CLASS, ID, POINT, REST, ALL = REST + sizeof types / sizeof *types };
	static unsigned char values[ALL][VALUE_MAX];
	struct known *object = &objects[count++];
	CK_ATTRIBUTE attributes[ALL] = {{CKA_CLASS, &object->class, sizeof object->class},
					{CKA_ID, object->id, sizeof object->id},
					{CKA_EC_POINT, values[POINT], VALUE_MAX}};
	CK_RV rv;

	for (size_t i = REST; i < ALL; i++)
		attributes[i] = (CK_ATTRIBUTE){types[i - REST], values[i], VALUE_MAX};
	rv = p11->C_GetAttributeValue(session, handle, attributes, ALL);
	if (rv != CKR_ATTRIBUTE_TYPE_INVALID && rv != CKR_ATTRIBUTE_SENSITIVE)
		CHECK(rv);
	object->handle = handle;
	object->id_length = attributes[ID].ulValueLen;
	if (object->class == CKO_PUBLIC_KEY && attributes[POINT].ulValueLen == sizeof old_point)
		memcpy(old_point, values[POINT], sizeof old_point);
}

static bool is_known(CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < count; i++)
		if (objects[i].handle == handle)
			return true;
	return false;
}

/* Three calls, and one for each object that is new. */
static void look(void)
{
	CK_OBJECT_HANDLE found[OBJECTS];
	CK_ULONG got = 0;

	CHECK(p11->C_FindObjectsInit(session, NULL, 0));
	CHECK(p11->C_FindObjects(session, found, OBJECTS, &got));
	CHECK(p11->C_FindObjectsFinal(session));
	for (CK_ULONG i = 0; i < got; i++)
		if (!is_known(found[i]))
			read_object(found[i]);
	if (got != count)
		bench_die("%lu objects on the token, %zu known", got, count);
}

static CK_OBJECT_HANDLE find(CK_OBJECT_CLASS class, const unsigned char *id)
{
	for (size_t i = 0; i < count; i++)
		if (objects[i].class == class && objects[i].id_length == sizeof mark &&
		    memcmp(objects[i].id, id, sizeof mark) == 0)
			return objects[i].handle;
	return CK_INVALID_HANDLE;
}

static void remember(CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class)
{
	struct known *object = &objects[count++];

	*object = (struct known){.handle = handle, .class = class, .id_length = sizeof mark};
	memcpy(object->id, mark, sizeof mark);
}

static void destroy(CK_OBJECT_HANDLE handle)
{
	CHECK(p11->C_DestroyObject(session, handle));
	for (size_t i = 0; i < count; i++)
		if (objects[i].handle == handle)
			objects[i] = objects[--count];
}

static void sign_and_verify(CK_OBJECT_HANDLE key, const unsigned char point[67], size_t length)
{
	unsigned char text[1200], raw[64], digest[SHA256_DIGEST_LENGTH], der[80], *at = der;
	EVP_PKEY *public_key = ca_p256(point + 2, 65);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public_key, NULL);
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int size;

	if (RAND_bytes(text, (int)length) != 1)
		bench_die("no random bytes");
	module_sign(key, text, length, raw);
	SHA256(text, length, digest);
	ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
	size = i2d_ECDSA_SIG(signature, &at);
	if (size <= 0 || EVP_PKEY_verify_init(context) != 1 ||
	    EVP_PKEY_verify(context, der, (size_t)size, digest, sizeof digest) != 1)
		bench_die("a signature is wrong");
	ECDSA_SIG_free(signature);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(public_key);
}

void direct_open(const char *path, const char *configuration)
{
	count = 0;
	module_open(path, configuration);
}

void direct_close(void)
{
	module_close();
}

size_t direct_list(void)
{
	size_t certificates = 0;

	look();
	for (size_t i = 0; i < count; i++)
		certificates += objects[i].class == CKO_CERTIFICATE;
	return certificates;
}

void direct_login(void)
{
	CHECK(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)BENCH_PIN, strlen(BENCH_PIN)));
}

/* The certificate, by which the old pair is known. */
static void find_old(void)
{
	const struct known *certificate = objects;

	while (certificate < objects + count && certificate->class != CKO_CERTIFICATE)
		certificate++;
	if (certificate == objects + count)
		bench_die("no certificate on the token");
	old.certificate = certificate->handle;
	old.private_key = find(CKO_PRIVATE_KEY, certificate->id);
	old.public_key = find(CKO_PUBLIC_KEY, certificate->id);
	if (old.private_key == CK_INVALID_HANDLE)
		bench_die("the old key is not there");
}

void direct_begin(unsigned char point[67])
{
	static char label[] = "keyhall:direct";
	unsigned char id[sizeof mark];
	CK_ATTRIBUTE kept = {CKA_ID, id, sizeof id};

	look();
	find_old();
	if (RAND_bytes(mark, sizeof mark) != 1 || find(CKO_PRIVATE_KEY, mark) != CK_INVALID_HANDLE)
		bench_die("a fresh mark is taken");
	module_generate(&new, mark, sizeof mark, label);
	module_read_point(new.public_key, new_point);
	CHECK(p11->C_GetAttributeValue(session, new.private_key, &kept, 1));
	if (kept.ulValueLen != sizeof id || memcmp(id, mark, sizeof id) != 0)
		bench_die("the private key has another CKA_ID");
	remember(new.private_key, CKO_PRIVATE_KEY);
	remember(new.public_key, CKO_PUBLIC_KEY);
	sign_and_verify(new.private_key, new_point, 600); /* the request */
	sign_and_verify(old.private_key, old_point, 600); /* the proof */
	memcpy(point, new_point, sizeof new_point);
}

static void read_back(const unsigned char *der, size_t length)
{
	unsigned char value[VALUE_MAX], id[sizeof mark];
	CK_ATTRIBUTE attributes[] = {{CKA_VALUE, value, sizeof value}, {CKA_ID, id, sizeof id}};

	CHECK(p11->C_GetAttributeValue(session, new.certificate, attributes, 2));
	if (attributes[0].ulValueLen != length || memcmp(value, der, length) != 0 ||
	    attributes[1].ulValueLen != sizeof id || memcmp(id, mark, sizeof id) != 0)
		bench_die("the certificate was read back differently");
}

static unsigned char written[VALUE_MAX];
static size_t written_length;

void direct_install(const unsigned char *der, size_t length)
{
	static char label[] = "keyhall:direct";

	look();
	if (find(CKO_PRIVATE_KEY, mark) == CK_INVALID_HANDLE || find(CKO_CERTIFICATE, mark) != CK_INVALID_HANDLE)
		bench_die("the pending key is not there");
	new.certificate = module_write_certificate(der, length, mark, sizeof mark, label);
	remember(new.certificate, CKO_CERTIFICATE);
	memcpy(written, der, length);
	written_length = length;
	read_back(der, length);
	sign_and_verify(new.private_key, new_point, 1200); /* the receipt */
}

static void set_label(CK_OBJECT_HANDLE object)
{
	static char label[] = "山西示例焦煤有限公司";
	CK_ATTRIBUTE attribute = {CKA_LABEL, label, sizeof label - 1};

	CHECK(p11->C_SetAttributeValue(session, object, &attribute, 1));
}

void direct_complete(void)
{
	look();
	set_label(new.public_key);
	read_back(written, written_length);
	sign_and_verify(new.private_key, new_point, 48);
	destroy(old.private_key);
	destroy(old.public_key);
	destroy(old.certificate);
	set_label(new.certificate);
	memcpy(old_point, new_point, sizeof old_point);
}
