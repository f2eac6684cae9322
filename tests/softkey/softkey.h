/*
 * softkey: a PKCS#11 module over OpenSSL for tests (README.md). It keeps keys in
 * clear: never for anything but tests.
 *
 * A call's way: entry.c (count, fault script, lock) → soft_… in slot.c,
 * session.c, object.c, keypair.c, sign.c … → store.c for what stays.
 */
#ifndef SOFTKEY_H
#define SOFTKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <p11-kit/pkcs11.h>

#include "choke.h"

#define SLOTS 2
#define SESSIONS 64
#define PIN_MIN 4
#define PIN_MAX 64
/* The private key in DER; never given out. */
#define ATTRIBUTE_SECRET (CKA_VENDOR_DEFINED | 0x4b48)
#define NOBODY ((CK_USER_TYPE)-1)
/* PKCS#11 3.0; not in the header of p11-kit. */
#define CKM_AES_KEY_WRAP_KWP 0x210bUL

/* store.c: DIR/slots, DIR/tokens/NAME/token and one file for each object. */
struct token {
	char name[NAME], label[33], serial[17], salt[33], pin[65], so_pin[65];
	long tries, left, so_left; /* PIN tries: at most, now, the SO's */
	long capacity;		   /* bytes; 0: no limit */
	long tells_memory;	   /* whether C_GetTokenInfo says what is free */
	long gone;		   /* what dead sessions answer after a pull */
	long min_pin;		   /* ulMinPinLen, of a new PIN and of one that is tried */
	long flags;		   /* more flags of C_GetTokenInfo */
	long expired;		   /* a right PIN is CKR_PIN_EXPIRED until C_SetPIN */
	long read_only;		   /* nothing can be written */
	long always;		   /* how keys ask for the PIN at each use: enum always */
	char curve[12], point[12]; /* how public keys show CKA_EC_PARAMS and CKA_EC_POINT: show.c */
	bool initialized;
};
enum always { ALWAYS_NEVER, ALWAYS_TOLD, ALWAYS_UNTOLD };
const char *store_path(void);
CK_RV store_open(void); /* SOFTKEY_STORE; makes what is not there */
/* Token names in the slots, "" for an empty one. */
void store_slots(char names[SLOTS][NAME]);
void store_pull(const char *name); /* NULL: all */
CK_RV store_read_token(const char *name, struct token *token);
CK_RV store_write_token(const struct token *token);
CK_RV store_write(const char *token, const char *file, const void *data, size_t length);
CK_RV store_delete(const char *token, const char *file);
void *store_read(const char *token, const char *file, size_t *length); /* malloc, or NULL */
/* Calls visit for every object file. */
void store_each(const char *token, void (*visit)(void *data, const char *file, size_t bytes, int64_t stamp),
		void *data);
size_t store_used(const char *token);

/* history.c, pool.c, seed.c */
void history_add(const char *path, const void *data, size_t length);
EVP_PKEY *pool_take(const char *kind); /* NULL: none is left */
CK_RV seed_token(const char *name);    /* what a new token begins with, where DIR/seed says so */

/* slot.c */
struct slot {
	char name[NAME];     /* token in it, "" */
	unsigned generation; /* changes with every insertion and removal */
	bool event;	     /* not yet told by C_WaitForSlotEvent */
	CK_USER_TYPE user;   /* who is logged in, or NOBODY */
	CK_RV gone;	     /* for sessions of an earlier generation */
};
extern struct slot slots[SLOTS];
void slots_refresh(void); /* notices what was pulled and plugged in */
CK_RV slot_token(CK_SLOT_ID slot, struct token *token);
/* Whether keys of its token ask for the PIN at each use. */
enum always slot_always(CK_SLOT_ID slot);

/* pin.c: on success the tries are full again. */
CK_RV pin_check(struct token *token, CK_USER_TYPE user, const CK_BYTE *pin, CK_ULONG length);
CK_RV pin_set(struct token *token, CK_USER_TYPE user, const CK_BYTE *pin, CK_ULONG length);

/* session.c */
struct mechanism;
struct operation {
	const struct mechanism *mechanism; /* NULL: none is active */
	EVP_PKEY *key;
	unsigned char *data; /* of the updates so far; the label of OAEP */
	size_t length;
	const char *oaep_digest, *oaep_mask;
	bool wants_pin; /* C_Login(CKU_CONTEXT_SPECIFIC) has to come before the work */
};
struct session {
	bool used;
	CK_SLOT_ID slot;
	unsigned generation;
	CK_FLAGS flags;
	bool finding;
	CK_OBJECT_HANDLE *found;
	size_t found_count, found_at;
	struct operation sign, verify, digest, decrypt;
	bool may_unwrap; /* the context login for the next C_UnwrapKey has come */
};
CK_RV session_get(CK_SESSION_HANDLE handle, struct session **session);
/* The same, and it may write token objects. */
CK_RV session_get_writable(CK_SESSION_HANDLE handle, struct session **session);
void sessions_close(CK_SLOT_ID slot);
bool session_sees_private(const struct session *session);

/* operation.c: place is PLACE(sign) and the like; permission 0: no key. */
#define PLACE(name) offsetof(struct session, name)
CK_RV operation_start(CK_SESSION_HANDLE handle, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE which, CK_FLAGS flag,
		      CK_ATTRIBUTE_TYPE permission, size_t place);
CK_RV operation_active(CK_SESSION_HANDLE handle, size_t place, struct operation **operation);
/* Whether the PIN has come that its key asks for; else it is at its end. */
CK_RV operation_ready(struct operation *operation);
CK_RV operation_update(CK_SESSION_HANDLE handle, size_t place, const CK_BYTE *in, CK_ULONG length);
/* What is signed: the digest where the mechanism makes it, else the data itself. */
CK_RV operation_digest(const struct operation *operation, const unsigned char *in, size_t length,
		       unsigned char digest[EVP_MAX_MD_SIZE], const unsigned char **out, size_t *out_length);
void operation_end(struct operation *operation);

/* decrypt.c: what a mechanism's parameter says, then the work; also for unwrapping. */
#define DECRYPT_MAX 1024
CK_RV decrypt_prepare(struct operation *operation, const CK_MECHANISM *mechanism);
/* Room: DECRYPT_MAX. */
bool decrypt_data(const struct operation *operation, const unsigned char *in, size_t in_length, unsigned char *out,
		  size_t *out_length);

/* object.c, access.c, create.c, attributes.c */
struct attribute {
	CK_ATTRIBUTE_TYPE type;
	size_t length;
	unsigned char *value;
};
struct object {
	CK_OBJECT_HANDLE handle;
	CK_SLOT_ID slot;
	char file[NAME]; /* "": a session object */
	CK_SESSION_HANDLE session;
	int64_t stamp; /* of the file that was read */
	bool seen;
	bool unreadable; /* torn before its first attribute ended */
	struct attribute *attributes;
	size_t count;
	struct object *next;
};
void objects_load(CK_SLOT_ID slot); /* what is on the token now */
void objects_drop(CK_SLOT_ID slot); /* from memory only */
void objects_drop_session(CK_SESSION_HANDLE session);
void object_drop(CK_OBJECT_HANDLE handle);
/* From here on the list; NULL at its end. */
struct object *object_next(const struct session *session, const struct object *object);
CK_RV object_write(struct object *object);
struct object *object_get(const struct session *session, CK_OBJECT_HANDLE handle);
/* How calls with an object begin; writable: it may be changed or destroyed. */
CK_RV object_open(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, struct session **session, struct object **object);
CK_RV object_open_writable(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE which, struct session **session,
			   struct object **object);
struct object *object_new(void);
void object_free(struct object *object);
/* Writes a token object, takes it over in any case. */
CK_RV object_add(CK_SESSION_HANDLE handle, const struct session *session, struct object *object, CK_OBJECT_HANDLE *out);
/* create.c: what the template left out; CKR_TEMPLATE_… when that cannot be. */
CK_RV object_complete(struct object *object);
struct attribute *attribute_get(const struct object *object, CK_ATTRIBUTE_TYPE type);
void attribute_set(struct object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t length);
void attribute_set_default(struct object *object, CK_ATTRIBUTE_TYPE type, const void *value, size_t length);
void attribute_drop(struct object *object, CK_ATTRIBUTE_TYPE type);
void attributes_take(struct object *object, const CK_ATTRIBUTE *template, CK_ULONG count);
CK_ULONG attribute_number(const struct object *object, CK_ATTRIBUTE_TYPE type);
bool attribute_flag(const struct object *object, CK_ATTRIBUTE_TYPE type);
bool attributes_match(const struct object *object, const CK_ATTRIBUTE *template, CK_ULONG count);
/* In the order of their types, as SoftHSM2 writes them. */
void *attributes_pack(const struct object *object, size_t *length); /* malloc */
/* How many bytes of what was packed are the first so many percent of its attributes; of 0 none. */
size_t attributes_part(const unsigned char *data, size_t length, int percent);
bool attributes_unpack(struct object *object, const unsigned char *data, size_t length);

/* show.c: what the token file says of how an attribute is shown; false: as it is kept. */
struct shown {
	unsigned char value[512];
	size_t length;
};
bool show_attribute(const struct object *object, const struct attribute *kept, struct shown *shown);
bool show_hides(const struct object *object, CK_ATTRIBUTE_TYPE type);

/* mechanism.c, vendor.c: the tables of what the token can do. */
enum work {
	WORK_RSA_PAIR,
	WORK_EC_PAIR,
	WORK_EDWARDS_PAIR,
	WORK_SM2_PAIR,
	WORK_RSA,
	WORK_ECDSA,
	WORK_EDDSA,
	WORK_SM2,	  /* of a digest */
	WORK_SM2_MESSAGE, /* e = SM3(Z with the default ID, message) */
	WORK_OAEP,
	WORK_SM2_CIPHER,
	WORK_RSA_AES,	   /* CKM_RSA_AES_KEY_WRAP */
	WORK_RSA_IMPORT,   /* the same without parameters, PKCS#1 v1.5 */
	WORK_KWP,	   /* RFC 5649 */
	WORK_SM4,	   /* ECB */
	WORK_SM2_ENVELOPE, /* SM2EnvelopedKey */
	WORK_DIGEST,
};
struct mechanism {
	CK_MECHANISM_TYPE type;
	enum work work;
	CK_KEY_TYPE key_type;
	const char *digest;	   /* done by the token; NULL: the caller hashed */
	CK_ULONG minimum, maximum; /* key size in bits, of AES in bytes */
	CK_FLAGS flags;
	bool der; /* SM2: the signature or cipher is DER, not numbers side by side */
};
CK_RV mechanisms_load(void);
/* NULL: CKR_MECHANISM_INVALID. */
const struct mechanism *mechanism_find(CK_MECHANISM_TYPE type, CK_FLAGS flag);

struct vendor {
	const char *name, *manufacturer;
	CK_KEY_TYPE sm2, sm4;
	bool wants_curve; /* CKA_EC_PARAMS must be in templates of SM2 keys */
	bool raw_point;	  /* CKA_EC_POINT of SM2 keys is not in an OCTET STRING */
	const struct mechanism *rows;
	size_t row_count;
};
extern const struct vendor *vendor; /* never NULL */
CK_RV vendor_load(void);

/* key.c */
EVP_PKEY *key_of(const struct object *object); /* private or public; NULL: not usable, or torn */
/* OpenSSL's name of the curve that an object or template names; NULL: none or unknown. */
const char *key_curve(const struct object *object, CK_KEY_TYPE type);
bool key_is_rsa_or_sm2(const struct object *object);
/* Defaults of a private key; decryption for RSA and SM2, unwrapping only when the template says so. */
void key_set_private_defaults(struct object *object);
/* The private key itself, and the public part that a private key object shows. */
bool key_set_secret(struct object *object, EVP_PKEY *key);
/* Fills in what follows from a public key. */
bool key_describe(struct object *object, EVP_PKEY *key);
/* Whether it is of the type the object says. */
bool key_fits(const struct object *object, EVP_PKEY *key);
/* CKA_EC_PARAMS where the key type has it; false: a curve the token has not. */
bool key_set_curve(struct object *object, EVP_PKEY *key);
EVP_PKEY *key_from_point(const unsigned char *point, size_t length); /* SM2 */
/* import.c: the private parts become PKCS#8 and go. */
bool key_import(struct object *object);
/* ECPrivateKey without the point, which is then computed. */
EVP_PKEY *key_from_number(const unsigned char *parameters, size_t parameters_length, const unsigned char *number,
			  size_t length);

/* sm2.c */
#define SM2_ID "1234567812345678"
extern const unsigned char sm2_parameters[10];
/* Signatures of a whole message with Z, in DER. */
bool sm2_sign(EVP_PKEY *key, const unsigned char *in, size_t length, unsigned char *der, size_t *der_length);
bool sm2_verify(EVP_PKEY *key, const unsigned char *in, size_t length, const unsigned char *der, size_t der_length);
/* Room: as much as the cipher. */
bool sm2_decrypt(EVP_PKEY *key, bool is_der, const unsigned char *in, size_t length, unsigned char *out,
		 size_t *out_length);

#endif
