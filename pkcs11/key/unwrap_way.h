/*
 * The ways out of an envelope, inside unwrap*.c: what an attempt knows, what a
 * row of the table is, and what the ways have in common.
 */
#ifndef KH_PKCS11_KEY_UNWRAP_WAY_H
#define KH_PKCS11_KEY_UNWRAP_WAY_H

#include "key/decrypt.h"
#include "key/unwrap.h"
#include "profile.h"
#include "token/template.h"

#ifndef CKM_AES_KEY_WRAP_KWP
#define CKM_AES_KEY_WRAP_KWP 0x210BUL /* PKCS #11 v3.0: RFC 5649 */
#endif

/* An AES key opened with one padding serves every way that needs it. */
struct kh_opened {
	CK_OBJECT_HANDLE handle; /* session object; 0: none */
	CK_RV rv;
	bool tried;
};

struct kh_attempt {
	const struct kh_unwrap *unwrap;
	struct kh_opened opened[KH_PADDING_COUNT];
};

struct kh_way {
	const char *name; /* for the log */
	enum kh_import_algorithm format;
	enum kh_padding padding; /* rsa-aes-kw in parts */
	CK_MECHANISM_TYPE inner; /* that opens the private key */
	/* Whether the token has what it takes; claimed: it says so itself, in the
	 * flags of its mechanisms. */
	bool (*known)(struct kh_token *token, const struct kh_way *way, bool claimed);
	CK_RV (*open)(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
	bool decrypts; /* needs CKA_DECRYPT of the opener, else CKA_UNWRAP */
	bool on_host;
};

/* The mechanism is there, and with it every one of flags. */
bool kh_way_mechanism(struct kh_token *token, CK_MECHANISM_TYPE type, CK_FLAGS flags);
/* A profile gives it. That is enough to try; claimed: the module lists it, too. */
bool kh_way_number(struct kh_token *token, CK_MECHANISM_TYPE type, bool claimed);

/* The template of the private key. Tokens refuse attributes: from what we want
 * to the least that will do. */
enum kh_way_ask { KH_ASK_ALL, KH_ASK_USE, KH_ASK_LITTLE, KH_ASK_END };
void kh_way_template(struct kh_template *template, const struct kh_attempt *attempt, enum kh_way_ask ask);

/* C_UnwrapKey of the private key. */
CK_RV kh_way_unwrap(struct kh_attempt *attempt, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE by, struct kh_span wrapped,
		    CK_OBJECT_HANDLE *key);
/* C_UnwrapKey of a session key of a type, to unwrap with. */
CK_RV kh_way_session_key(struct kh_attempt *attempt, CK_MECHANISM *mechanism, struct kh_span wrapped,
			 const CK_KEY_TYPE *type, CK_OBJECT_HANDLE *key);

/* unwrap_rsa.c, unwrap_sm2.c, unwrap_host.c */
bool kh_way_known_whole(struct kh_token *token, const struct kh_way *way, bool claimed);
bool kh_way_known_parts(struct kh_token *token, const struct kh_way *way, bool claimed);
bool kh_way_known_vendor(struct kh_token *token, const struct kh_way *way, bool claimed);
bool kh_way_known_rsa_decrypt(struct kh_token *token, const struct kh_way *way, bool claimed);
bool kh_way_known_sm2_whole(struct kh_token *token, const struct kh_way *way, bool claimed);
bool kh_way_known_sm2_parts(struct kh_token *token, const struct kh_way *way, bool claimed);
bool kh_way_known_sm2_decrypt(struct kh_token *token, const struct kh_way *way, bool claimed);
CK_RV kh_way_open_whole(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
CK_RV kh_way_open_parts(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
CK_RV kh_way_open_vendor(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
CK_RV kh_way_open_rsa_on_host(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
CK_RV kh_way_open_sm2_whole(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
CK_RV kh_way_open_sm2_parts(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);
CK_RV kh_way_open_sm2_on_host(struct kh_attempt *attempt, const struct kh_way *way, CK_OBJECT_HANDLE *key);

#endif
