/*
 * One token in a slot: its information, the session kept open on it and the
 * login lease. The set of tokens is in tokens.h.
 *
 * Sessions and handles perish: a C_ call that says so leaves module->trouble,
 * and the dispatcher starts the module again.
 */
#ifndef KH_PKCS11_TOKEN_TOKEN_H
#define KH_PKCS11_TOKEN_TOKEN_H

#include "secret.h"
#include "token/inventory.h"
#include "token/mechanism.h"
#include "token/module.h"
#include "token/search.h"
#include "token/uri.h"

#define KH_LEASE_SECONDS 120

/* Who is logged in. */
struct kh_lease {
	bool active;
	int64_t session; /* prompt.session */
	uint64_t used;	 /* of kh_time_elapsed() */
};

struct kh_token {
	struct kh_module *module;
	bool slot_tells; /* its slot has shown once that a token is present */
	CK_SLOT_ID slot; /* as in the last list of slots; another one any time after */
	CK_TOKEN_INFO info;
	struct kh_token_name name;
	char *uri;
	CK_SESSION_HANDLE session;
	bool open;
	bool read_only; /* it gave no session that writes */
	struct kh_lease lease;
	enum kh_pin_state said; /* LOCKED or EXPIRED, when the last login said so and no flag does; else NONE */
	bool renewed;		/* the PIN was changed here: CKF_USER_PIN_TO_BE_CHANGED is out of date */
	bool drops_ids;		/* has kept a certificate without the CKA_ID that it was given */
	struct kh_inventory inventory;
	enum kh_private_search private_search;
	struct kh_mechanisms mechanisms;
	struct kh_secret pin; /* held for keys that want it at each use and for fresh looks (pin/login.h); else empty */
	CK_RV refused;	      /* what C_Login said of it; CKR_OK: not refused */
	bool asks_always;     /* such a key was seen */
	bool looked;	      /* for such a key, after a login */
	char made[KH_SHA256_HEX]; /* SPKI of the pair that was made since the login; "": none */
};

/* NULL is accepted. */
void kh_token_free(struct kh_token *token);

/* Opens the read-write session unless it is open. */
KH_CHECKED enum kh_code kh_token_open(struct kh_token *token, struct kh_error *error);
/* kh_mechanism_flags() of this token. */
CK_RV kh_token_mechanism(struct kh_token *token, CK_MECHANISM_TYPE type, CK_FLAGS *flags);
KH_CHECKED enum kh_code kh_token_read_info(struct kh_token *token, struct kh_error *error);
/* What C_GetTokenInfo has told: info, name and URI are then of this. */
KH_CHECKED enum kh_code kh_token_take_info(struct kh_token *token, const CK_TOKEN_INFO *info, struct kh_error *error);
void kh_token_name_of(const CK_TOKEN_INFO *info, struct kh_token_name *name);

/* Whether the user is still logged in, as the session says: other programs can end
 * a login. Else CKR_USER_NOT_LOGGED_IN, or why the session does not say. */
CK_RV kh_token_ask_login(struct kh_token *token);
/* The lease, the held PIN and what was seen by them; without C_Logout. */
void kh_token_forget_login(struct kh_token *token);
/* Whether the held PIN may be sent. Nobody has said yes to the last try: then it is wiped, and the
 * next login asks, with its warning. */
bool kh_token_may_send_pin(struct kh_token *token);
/* From the user's flags and what the last login said; the SO's flags say nothing of the user's PIN. UNSET only warns:
 * some tokens have a PIN and do not set CKF_USER_PIN_INITIALIZED. A login says for certain. */
enum kh_pin_state kh_token_pin_state(const struct kh_token *token);
/* CKF_USER_PIN_TO_BE_CHANGED, unless the PIN was changed since. */
bool kh_token_pin_expired(const struct kh_token *token);
/* Nothing can be written: CKF_WRITE_PROTECTED, or no session for it is given. */
bool kh_token_read_only(const struct kh_token *token);

/* Whether its slot is empty, where it was not empty before. For the PIN window: token is a
 * struct kh_token. */
bool kh_token_has_left(void *token);

/* Whether a result is about the token itself (away, full, logged out, a PIN,
 * write protected) and not about what was asked of it. A general error is, when the
 * token does not answer any more. The latest call stays the one that failed. */
bool kh_token_in_trouble(struct kh_token *token, CK_RV rv);

#endif
