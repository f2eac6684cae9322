/*
 * One object on a token, read through the token's session, and the mark of an
 * order. A handle perishes with the session and with the module; the inventory
 * (inventory.h) knows when.
 */
#ifndef KH_PKCS11_TOKEN_OBJECT_H
#define KH_PKCS11_TOKEN_OBJECT_H

#include "token/module.h"
#include "x509/certificate.h"

struct kh_object {
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_CLASS class;
	struct kh_bytes id;		    /* CKA_ID */
	char *label;			    /* CKA_LABEL, never NULL */
	struct kh_certificate *certificate; /* CKO_CERTIFICATE that can be read, else NULL */
	enum kh_any_key_type key_type;	    /* keys; OTHER when not known */
	struct kh_bytes spki;		    /* keys, where the attributes tell it; else empty */
	char spki_id[KH_SHA256_HEX];	    /* its SHA-256, "" when unknown */
	bool torn;			    /* not all there: see kh_object_take() */
	bool confirmed;			    /* a certificate that was read back as it was written */
	bool asks_always;		    /* private keys: want the PIN for each use (token/context.h) */
};

struct kh_token;

/* The public key of a key object from CKA_KEY_TYPE and the values of
 * CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS and CKA_EC_POINT, whichever
 * are there, in normal form (x509/spki.h). sm2: the profile whose key type is SM2, or NULL. */
void kh_object_set_spki(struct kh_object *object, CK_KEY_TYPE type, const struct kh_profile *sm2,
			const struct kh_bytes values[4]);

/* What an object is. out->handle is 0 when it is neither a certificate nor a
 * key. A write that was cut leaves objects that lack attributes or that a module
 * cannot read: they are torn, and no failure. class is then
 * CK_UNAVAILABLE_INFORMATION where it is not known, id and label empty. A
 * certificate that cannot be parsed is torn, too; a key that does not sign shows
 * only when it should. What fails once is asked for again, first with the others,
 * then alone; what fails because the token is in trouble fails here. tell: one that cannot be read goes into the log. out is released
 * with kh_object_finish(). */
KH_CHECKED CK_RV kh_object_take(struct kh_token *token, CK_OBJECT_HANDLE handle, bool tell, struct kh_object *out);
/* The same in one call for one that is a certificate. */
KH_CHECKED CK_RV kh_object_take_certificate(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_object *out);
void kh_object_finish(struct kh_object *object);

/* Reads attributes of one object into buffers that are grown when the module
 * asks for it (two-call safe). An attribute the object does not have comes
 * back empty. values are released with kh_bytes_finish(). */
KH_CHECKED enum kh_code kh_object_read(struct kh_token *token, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE_TYPE *types,
				       struct kh_bytes *values, size_t count, struct kh_error *error);
/* The same, and what the module answered; values are empty unless CKR_OK. */
KH_CHECKED CK_RV kh_object_ask(struct kh_token *token, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE_TYPE *types,
			       struct kh_bytes *values, size_t count);

#endif
