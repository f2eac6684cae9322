/* What the tests share: the module on a fresh store, pairs, and OpenSSL's view of them. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "check.h"

CK_FUNCTION_LIST *token;
CK_SESSION_HANDLE session;
const unsigned char sm2_oid[10] = {0x06, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d};

static char store[64];
static CK_BYTE pin[] = "123456", so_pin[] = "87654321";

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", store, name);
	remove(path);
	if (!text)
		return;
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void log_in(void)
{
	OK(token->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	OK(token->C_Login(session, CKU_USER, pin, sizeof pin - 1));
}

void check_start(const char *vendor, const char *mechanisms)
{
	CK_BYTE label[33] = "check                           ";

	strcpy(store, "/tmp/softkey-check-XXXXXX");
	assert_non_null(mkdtemp(store));
	setenv("SOFTKEY_STORE", store, 1);
	write_file("vendor", vendor);
	write_file("mechanisms", mechanisms);
	OK(token->C_Initialize(NULL));
	OK(token->C_InitToken(0, so_pin, sizeof so_pin - 1, label));
	OK(token->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
	OK(token->C_Login(session, CKU_SO, so_pin, sizeof so_pin - 1));
	OK(token->C_InitPIN(session, pin, sizeof pin - 1));
	OK(token->C_CloseSession(session));
	log_in();
}

void check_restart(const char *faults)
{
	OK(token->C_Finalize(NULL));
	write_file("faults", faults);
	OK(token->C_Initialize(NULL));
	log_in();
}

void check_finish(void)
{
	char command[128];

	OK(token->C_Finalize(NULL));
	snprintf(command, sizeof command, "rm -r %s", store);
	assert_int_equal(system(command), 0);
}

int check_in_child(void (*action)(void *data), void *data)
{
	pid_t child = fork();
	int status;

	assert_int_not_equal(child, -1);
	if (child == 0) {
		action(data);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void template_add(struct template *template, CK_ATTRIBUTE_TYPE type, const void *value, size_t length)
{
	assert_true(template->count < sizeof template->list / sizeof *template->list);
	template->list[template->count++] = (CK_ATTRIBUTE){type, (void *)(uintptr_t)value, length};
}

void template_number(struct template *template, CK_ATTRIBUTE_TYPE type, const CK_ULONG *value)
{
	template_add(template, type, value, sizeof *value);
}

void template_yes(struct template *template, CK_ATTRIBUTE_TYPE type)
{
	static const CK_BBOOL yes = CK_TRUE;

	template_add(template, type, &yes, 1);
}

struct pair check_pair(CK_MECHANISM_TYPE mechanism, bool curve)
{
	CK_MECHANISM how = {mechanism, NULL, 0};
	struct template public = {0}, private = {0};
	CK_ULONG bits = 2048;
	struct pair pair;

	if (curve)
		template_add(&public, CKA_EC_PARAMS, sm2_oid, sizeof sm2_oid);
	if (mechanism == CKM_RSA_PKCS_KEY_PAIR_GEN)
		template_number(&public, CKA_MODULUS_BITS, &bits);
	template_yes(&public, CKA_TOKEN);
	template_yes(&private, CKA_TOKEN);
	template_yes(&private, CKA_UNWRAP);
	OK(token->C_GenerateKeyPair(session, &how, public.list, public.count, private.list, private.count, &pair.public,
				    &pair.private));
	return pair;
}

static CK_ULONG read_value(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *value, size_t room)
{
	CK_ATTRIBUTE attribute = {type, value, room};

	OK(token->C_GetAttributeValue(session, object, &attribute, 1));
	return attribute.ulValueLen;
}

CK_ULONG check_number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG number = 0;

	assert_int_equal(read_value(object, type, &number, sizeof number), sizeof number);
	return number;
}

bool check_flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL flag = CK_FALSE;

	assert_int_equal(read_value(object, type, &flag, sizeof flag), 1);
	return flag == CK_TRUE;
}

static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(parameters);
	return key;
}

EVP_PKEY *check_public(CK_OBJECT_HANDLE public)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	unsigned char n[512], e[8], point[80];
	BIGNUM *modulus = NULL, *exponent = NULL;
	EVP_PKEY *key;

	if (check_number(public, CKA_KEY_TYPE) == CKK_RSA) {
		modulus = BN_bin2bn(n, (int)read_value(public, CKA_MODULUS, n, sizeof n), NULL);
		exponent = BN_bin2bn(e, (int)read_value(public, CKA_PUBLIC_EXPONENT, e, sizeof e), NULL);
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
		key = build("RSA", builder);
	} else {
		CK_ULONG length = read_value(public, CKA_EC_POINT, point, sizeof point);

		assert_true(length == 65 || (length == 67 && point[0] == 4 && point[1] == 65));
		OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point + length - 65, 65);
		key = build("SM2", builder);
	}
	OSSL_PARAM_BLD_free(builder);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

int check_count(CK_OBJECT_CLASS class)
{
	struct template template = {0};
	CK_OBJECT_HANDLE found[32];
	CK_ULONG count;

	template_number(&template, CKA_CLASS, &class);
	OK(token->C_FindObjectsInit(session, template.list, template.count));
	OK(token->C_FindObjects(session, found, 32, &count));
	OK(token->C_FindObjectsFinal(session));
	return (int)count;
}

CK_RV check_sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, const void *in, size_t length, CK_BYTE *out,
		 CK_ULONG *out_length)
{
	CK_MECHANISM how = {mechanism, NULL, 0};
	CK_RV rv = token->C_SignInit(session, &how, key);

	return rv == CKR_OK ? token->C_Sign(session, (CK_BYTE *)(uintptr_t)in, length, out, out_length) : rv;
}

CK_RV check_verify(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, const void *in, size_t length,
		   const CK_BYTE *signature, CK_ULONG signature_length)
{
	CK_MECHANISM how = {mechanism, NULL, 0};
	CK_RV rv = token->C_VerifyInit(session, &how, key);

	return rv == CKR_OK ? token->C_Verify(session, (CK_BYTE *)(uintptr_t)in, length,
					      (CK_BYTE *)(uintptr_t)signature, signature_length)
			    : rv;
}

CK_RV check_decrypt(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, const void *in, size_t length, CK_BYTE *out,
		    CK_ULONG *out_length)
{
	CK_RV rv = token->C_DecryptInit(session, &mechanism, key);

	return rv == CKR_OK ? token->C_Decrypt(session, (CK_BYTE *)(uintptr_t)in, length, out, out_length) : rv;
}

size_t check_encrypt(EVP_PKEY *key, int padding, const char *oaep_digest, const void *in, size_t length,
		     unsigned char *out, size_t room)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	assert_int_equal(EVP_PKEY_encrypt_init(context), 1);
	if (padding)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
	if (oaep_digest)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md_name(context, oaep_digest, NULL), 1);
	assert_int_equal(EVP_PKEY_encrypt(context, out, &room, in, length), 1);
	EVP_PKEY_CTX_free(context);
	return room;
}

/* The content of the next element; der moves behind it. */
static const unsigned char *element(const unsigned char **der, const unsigned char *end, long *length)
{
	const unsigned char *content = *der;
	int tag, class;

	assert_int_equal(ASN1_get_object(&content, length, &tag, &class, end - content) & 0x80, 0);
	*der = tag == V_ASN1_SEQUENCE ? content : content + *length;
	return content;
}

size_t check_raw_cipher(const unsigned char *der, size_t length, unsigned char *out)
{
	const unsigned char *end = der + length, *content;
	long size;

	element(&der, end, &size);
	memset(out, 0, 65);
	out[0] = 4;
	for (int i = 0; i < 2; i++) {
		content = element(&der, end, &size);
		for (; size > 32; size--)
			content++;
		memcpy(out + 1 + 32 * (i + 1) - size, content, (size_t)size);
	}
	content = element(&der, end, &size);
	memcpy(out + 65, content, 32);
	content = element(&der, end, &size);
	memcpy(out + 97, content, (size_t)size);
	return 97 + (size_t)size;
}

int main(int argc, char **argv)
{
	CK_RV (*get)(CK_FUNCTION_LIST * *list);
	void *module = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;

	if (!module) {
		fprintf(stderr, "usage: %s PATH-OF-SOFTKEY\n", argv[0]);
		return 2;
	}
	*(void **)&get = dlsym(module, "C_GetFunctionList");
	if (!get || get(&token) != CKR_OK)
		return 2;
	return check_sm2() + check_tear() + check_unwrap();
}
