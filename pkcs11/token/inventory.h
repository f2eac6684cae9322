/*
 * What is on a token: certificates and keys with the attributes we use, read
 * once for each handle. kh_inventory_refresh() costs one search (search.h) when
 * nothing changed: it compares the set of handles, so it sees what other programs
 * wrote or deleted; it does not see that they changed an attribute.
 */
#ifndef KH_PKCS11_TOKEN_INVENTORY_H
#define KH_PKCS11_TOKEN_INVENTORY_H

#include "token/object.h"

struct kh_inventory {
	struct kh_object *objects;
	size_t count;
	CK_OBJECT_HANDLE *handles; /* sorted; every object the token shows */
	size_t handles_count;
	uint64_t revision; /* another one after every change of the set */
	bool read;
	bool fresh; /* nothing has happened since the last search that calls for another one */
};

/* Forgets private objects: nobody is logged in any more. */
void kh_inventory_hide_private(struct kh_token *token);
KH_CHECKED enum kh_code kh_inventory_refresh(struct kh_token *token, struct kh_error *error);
/* For a step of a renewal, which begins with a refresh (renewal.residue): no C_
 * call, unless a PIN window, a logout or a failure has come in between. Before a pair
 * is deleted the token is searched all the same. */
KH_CHECKED enum kh_code kh_inventory_ensure(struct kh_token *token, struct kh_error *error);
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

/* lookup.c: lookups in what was read; NULL when there is none. Torn keys are none. */
struct kh_object *kh_inventory_certificate(struct kh_inventory *inventory, const char *id);
struct kh_object *kh_inventory_by_id(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const void *id,
				     size_t length);
struct kh_object *kh_inventory_by_handle(struct kh_inventory *inventory, CK_OBJECT_HANDLE handle);
struct kh_object *kh_inventory_by_spki(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const char *spki_id);
/* The other half: the private or public key of a certificate or key. The public
 * key decides where both tell it, else the CKA_ID where both have one, else the
 * label: then it is a guess. */
struct kh_object *kh_inventory_key(struct kh_inventory *inventory, CK_OBJECT_CLASS class, const struct kh_object *of);
/* Whether that is more than a guess. */
bool kh_object_is_tied(const struct kh_object *a, const struct kh_object *b);
/* Whether a private key will be found by its public key again: it tells its own,
 * or has something in common with it that no other such key has. */
bool kh_inventory_tells(struct kh_inventory *inventory, const struct kh_object *key,
			const struct kh_object *public_key);
/* How many of a class have a CKA_ID; 0 for an empty one. */
size_t kh_inventory_count(const struct kh_inventory *inventory, CK_OBJECT_CLASS class, const struct kh_bytes *id);
/* Whether an object has this CKA_ID; an empty one is nobody's. */
bool kh_object_has_id(const struct kh_object *object, const void *id, size_t length);

#endif
