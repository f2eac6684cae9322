/*
 * The tokens of the module: which are present.
 *
 * A token is found by its PKCS#11 URI, never by slot number: a slot may hold
 * another token after any removal, and a module may number its slots anew with
 * every list. Two tokens whose serial, label, manufacturer and model are the
 * same cannot be told apart. Both are listed, and no operation chooses between
 * them: kh_tokens_find() fails with token.ambiguous.
 *
 * Listed is a token that someone has initialised. CKF_TOKEN_INITIALIZED says so;
 * some modules never set this flag, so a label (C_InitToken gives one) or
 * CKF_USER_PIN_INITIALIZED says so, too. SoftHSM2 always shows one more slot
 * whose token has none of the three: that is no key.
 */
#ifndef KH_PKCS11_TOKEN_TOKENS_H
#define KH_PKCS11_TOKEN_TOKENS_H

#include "host_contract.h"
#include "token/token.h"

/* More tokens than that are not listed, with a line in the log. */
#define KH_TOKENS_MAX KH_HOST_TOKEN_LIST_RESULT_TOKENS_MAX
/* A module that says it has more slots with a token fails. */
#define KH_SLOTS_MAX 4096

struct kh_tokens {
	struct kh_module *module;
	struct kh_token *list[KH_TOKENS_MAX];
	size_t count;
	CK_SLOT_ID *slots; /* with something in them, as last seen */
	size_t slots_count;
	bool read;
	bool starts_once; /* the module cannot be started again in this process */
};

/* The slots of a module that runs, free() them; present: with something in them. */
KH_CHECKED enum kh_code kh_slots_read(struct kh_module *module, bool present, CK_SLOT_ID **slots, size_t *count,
				      struct kh_error *error);

/* Reads slots and token information; known tokens keep session and inventory. */
KH_CHECKED enum kh_code kh_tokens_refresh(struct kh_tokens *tokens, struct kh_error *error);
/* The same only when the list of slots has changed. C_GetSlotList is asked twice,
 * first without an array: some modules look for new tokens only then. known:
 * where any token is known it is not asked at all. */
KH_CHECKED enum kh_code kh_tokens_look(struct kh_tokens *tokens, bool known, struct kh_error *error);
/* C_Finalize, C_Initialize, refresh: every session and login ends. Where the
 * module starts once token.failed in C_Initialize; it is then not tried again. */
KH_CHECKED enum kh_code kh_tokens_restart(struct kh_tokens *tokens, struct kh_error *error);
/* The same, but what is known of tokens that are still there stays, and their leases do: without a login,
 * which is for the caller to make again. Not where the module starts once. */
KH_CHECKED enum kh_code kh_tokens_renew(struct kh_tokens *tokens, struct kh_error *error);
/* Forgets them; where the module starts once their logins and sessions end, too. */
void kh_tokens_clear(struct kh_tokens *tokens);
/* After a failure, and when a window opens that may stand for minutes: what was
 * seen of them holds no more (kh_inventory_ensure). */
void kh_tokens_age(struct kh_tokens *tokens);
bool kh_tokens_leased(const struct kh_tokens *tokens);

/* How many of those that were seen a URI fits, and the first of them. No C_ call. */
size_t kh_tokens_known(const struct kh_tokens *tokens, const char *uri, struct kh_token **token);
/* The token a URI names. When none is there and no lease is active the module
 * is started again first, if it can be. token.absent, token.ambiguous. */
KH_CHECKED enum kh_code kh_tokens_find(struct kh_tokens *tokens, const char *uri, struct kh_token **out,
				       struct kh_error *error);

#endif
