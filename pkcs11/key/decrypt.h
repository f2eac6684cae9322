/*
 * Decryption with a private key on a token: what opens an envelope where the
 * token cannot unwrap, and what proves that an imported key is the one of its
 * certificate.
 */
#ifndef KH_PKCS11_KEY_DECRYPT_H
#define KH_PKCS11_KEY_DECRYPT_H

#include "profile.h"
#include "token/token.h"
#include "x509/envelope.h"

/* How RSA ciphertexts are padded, in the order in which they are tried. */
enum kh_padding { KH_PADDING_OAEP_SHA1, KH_PADDING_OAEP_SHA256, KH_PADDING_PKCS1, KH_PADDING_COUNT };

/* Room for what C_Decrypt writes: as much as the longest modulus. */
#define KH_PLAIN_MAX 1024

/* Its mechanism and parameters (RFC 8017, 7); they last for ever. */
CK_MECHANISM kh_padding_mechanism(enum kh_padding padding);

/* A ciphertext in the form a module's profile asks for; appended. */
void kh_sm2_cipher_put(struct kh_buffer *out, const struct kh_sm2_cipher *cipher, enum kh_profile_cipher_cipher form);

/* plain has room for KH_PLAIN_MAX bytes and is the caller's to wipe. *begun says
 * whether C_DecryptInit took key and mechanism. */
CK_RV kh_decrypt_rsa(struct kh_token *token, CK_OBJECT_HANDLE key, enum kh_padding padding, struct kh_span cipher,
		     uint8_t *plain, CK_ULONG *length, bool *begun);
CK_RV kh_decrypt_sm2(struct kh_token *token, CK_OBJECT_HANDLE key, const struct kh_sm2_cipher *cipher, uint8_t *plain,
		     CK_ULONG *length, bool *begun);

/* Whether a private key on the token is the one of a public key: decrypts a
 * random value that was encrypted here. Where the token decrypts with no
 * mechanism at all the public values decide, and *decrypted (may be NULL) is false.
 * encryption.mismatch: it is another one; token.unsupported: there is no telling;
 * token.…: the token is in trouble. */
KH_CHECKED enum kh_code kh_decrypt_prove(struct kh_token *token, const struct kh_object *key, struct kh_span spki,
					 bool *decrypted, struct kh_error *error);

#endif
