/*
 * Objects on a token, through its session. Handles perish with the session and
 * with the module: kh_inventory below knows when.
 */
#ifndef KH_PKCS11_TOKEN_OBJECT_H
#define KH_PKCS11_TOKEN_OBJECT_H

#include "token/module.h"
#include "x509/certificate.h"

#define KH_OBJECTS_MAX 4096
#define KH_MARK_PREFIX "keyhall:"
#define KH_MARK_ID_LENGTH 20

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
};

/*
 * What is on a token: certificates and keys with the attributes we use, read
 * once for each handle. kh_inventory_refresh() costs three C_ calls when
 * nothing changed: it compares the set of handles, so it sees what other
 * programs wrote or deleted; it does not see that they changed an attribute.
 */
struct kh_inventory {
	struct kh_object *objects;
	size_t count;
	CK_OBJECT_HANDLE *handles; /* sorted; every object the token shows */
	size_t handles_count;
	uint64_t revision; /* another one after every change of the set */
	bool read;
};

struct kh_token;

/* Forgets private objects: nobody is logged in any more. */
void kh_inventory_hide_private(struct kh_token *token);
KH_CHECKED enum kh_code kh_inventory_refresh(struct kh_token *token, struct kh_error *error);
/* The same; when the set has changed, told hears of each object as soon as it
 * is known, in the order of inventory.objects. Its failure ends the refresh. */
typedef enum kh_code (*kh_object_told)(void *context, const struct kh_object *object, struct kh_error *error);
KH_CHECKED enum kh_code kh_inventory_follow(struct kh_token *token, kh_object_told told, void *context,
					    struct kh_error *error);
/* Takes in an object we have just made; out may be NULL. It stays valid until
 * the inventory changes again. */
KH_CHECKED enum kh_code kh_inventory_add(struct kh_token *token, CK_OBJECT_HANDLE handle, CK_OBJECT_CLASS class,
					 struct kh_object **out, struct kh_error *error);
/* Reads an object anew. */
KH_CHECKED enum kh_code kh_inventory_again(struct kh_token *token, struct kh_object *object, struct kh_error *error);
/* Destroys the object on the token; one that is gone already is no error. */
KH_CHECKED enum kh_code kh_inventory_destroy(struct kh_token *token, CK_OBJECT_HANDLE handle, struct kh_error *error);
void kh_inventory_clear(struct kh_inventory *inventory);

/* Lookups in what was read; NULL when there is none. Torn keys are none. */
struct kh_object *kh_inventory_certificate(struct kh_inventory *inventory, const char *id);
struct kh_object *kh_inventory_by_id(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const void *id,
				     size_t length);
/* The private or public key of a certificate: same CKA_ID, and the same key
 * where its attributes tell. */
struct kh_object *kh_inventory_key(struct kh_inventory *inventory, CK_OBJECT_CLASS class,
				   const struct kh_object *certificate);

/* The mark of an order: CKA_ID and CKA_LABEL. */
struct kh_order_mark {
	uint8_t id[KH_MARK_ID_LENGTH];
	char label[80];
};
void kh_order_mark(struct kh_order_mark *mark, const char *order);
/* The mark of its encryption pair. */
void kh_order_encryption_mark(struct kh_order_mark *mark, const char *order);

/* The public key of a key object from CKA_KEY_TYPE and the values of
 * CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS and CKA_EC_POINT, whichever
 * are there. sm2: the profile whose key type is SM2, or NULL. */
void kh_object_set_spki(struct kh_object *object, CK_KEY_TYPE type, const struct kh_profile *sm2,
			const struct kh_bytes values[4]);

/* What an object is. out->handle is 0 when it is neither a certificate nor a
 * key. A write that was cut leaves objects that lack attributes or that a module
 * cannot read: they are torn, and no failure. class is then
 * CK_UNAVAILABLE_INFORMATION where it is not known, id and label empty. A
 * certificate that cannot be parsed, or that has the label of an order and no
 * CKA_ID, is torn, too; a key that does not sign shows only when it should. What fails once is asked for again,
 * first with the others, then alone; what fails because the token is in trouble
 * fails here. tell: one that cannot be read goes into the log. out is released
 * with kh_object_finish(). */
KH_CHECKED CK_RV kh_object_take(struct kh_token *token, CK_OBJECT_HANDLE handle, bool tell, struct kh_object *out);
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
