/*
 * Which objects a token shows: their handles.
 *
 * A search is C_FindObjectsInit without a template, C_FindObjects until it hands
 * out nothing, C_FindObjectsFinal. Some modules leave private objects out of it
 * and show them to a search by class. That is found out after a login, once for
 * a token: when the search shows no private key, one by class is made. From then
 * on the token is searched both ways. Others cost no call more.
 */
#ifndef KH_PKCS11_TOKEN_SEARCH_H
#define KH_PKCS11_TOKEN_SEARCH_H

#include "token/module.h"

/* More handles than that are not looked at, with a line in the log. */
#define KH_OBJECTS_MAX 4096

/* How a token shows its private objects to who is logged in. */
enum kh_private_search { KH_PRIVATE_UNKNOWN, KH_PRIVATE_SHOWN, KH_PRIVATE_BY_CLASS };

/* Sorted, each once. Zeroed: none. */
struct kh_handles {
	CK_OBJECT_HANDLE *list;
	size_t count;
};

struct kh_token;

void kh_handles_finish(struct kh_handles *handles);
/* False: out of memory, and nothing was added. */
bool kh_handles_add(struct kh_handles *handles, const CK_OBJECT_HANDLE *list, size_t count);

/* Adds what the token shows. */
KH_CHECKED CK_RV kh_search(struct kh_token *token, struct kh_handles *handles);
/* After a login, when handles are what kh_search() has found and no private key
 * is among them: adds what a search by class shows beside. When that is something
 * token->private_search says so. */
KH_CHECKED CK_RV kh_search_hidden(struct kh_token *token, struct kh_handles *handles);

#endif
