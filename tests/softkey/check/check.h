/*
 * Tests of softkey through its C_ functions, for what pkcs11-tool cannot say.
 * Each test starts on a fresh store with one token, logged in.
 */
#ifndef SOFTKEY_CHECK_H
#define SOFTKEY_CHECK_H

#include <stdbool.h>

#include "unit.h"

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>

extern CK_FUNCTION_LIST *token; /* the module's functions */
extern CK_SESSION_HANDLE session;

/* Files of the store, written before the module starts. */
void check_start(const char *vendor, const char *mechanisms);
void check_finish(void);
/* Finalize, another fault script or none, initialize, log in again. */
void check_restart(const char *faults);
/* Runs action(data) in a child and returns what it exits with: for a power cut. */
int check_in_child(void (*action)(void *data), void *data);

#define OK(call) assert_int_equal(call, CKR_OK)
#define FAILS(call, rv) assert_int_equal(call, rv)

/* A list of attributes that is added to; values must outlive it. */
struct template
{
	CK_ATTRIBUTE list[16];
	CK_ULONG count;
};
void template_add(struct template *template, CK_ATTRIBUTE_TYPE type, const void *value, size_t length);
void template_number(struct template *template, CK_ATTRIBUTE_TYPE type, const CK_ULONG *value);
void template_yes(struct template *template, CK_ATTRIBUTE_TYPE type);

extern const unsigned char sm2_oid[10];
struct pair {
	CK_OBJECT_HANDLE public, private;
};
/* A pair on the token that may sign, decrypt and unwrap. curve: CKA_EC_PARAMS too. */
struct pair check_pair(CK_MECHANISM_TYPE mechanism, bool curve);
/* Its public half by CKA_MODULUS or CKA_EC_POINT, SM2 in an OCTET STRING or raw. */
EVP_PKEY *check_public(CK_OBJECT_HANDLE public);
CK_ULONG check_number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
bool check_flag(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type);
/* Objects of a class the token shows. */
int check_count(CK_OBJECT_CLASS class);
CK_RV check_sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, const void *in, size_t length, CK_BYTE *out,
		 CK_ULONG *out_length);
CK_RV check_verify(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE mechanism, const void *in, size_t length,
		   const CK_BYTE *signature, CK_ULONG signature_length);
CK_RV check_decrypt(CK_OBJECT_HANDLE key, CK_MECHANISM mechanism, const void *in, size_t length, CK_BYTE *out,
		    CK_ULONG *out_length);
/* By OpenSSL alone: SM2 in DER, RSA as padded. */
size_t check_encrypt(EVP_PKEY *key, int padding, const char *oaep_digest, const void *in, size_t length,
		     unsigned char *out, size_t room);
/* From DER to 04 X Y C3 C2. */
size_t check_raw_cipher(const unsigned char *der, size_t length, unsigned char *out);

/* The groups of tests: sm2.c, tear.c, unwrap.c. */
int check_sm2(void);
int check_tear(void);
int check_unwrap(void);

#endif
