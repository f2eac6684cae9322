/* The mark of a pair that the module has made without it. */
#include <string.h>

#include "key/key.h"
#include "log.h"
#include "token/token.h"

enum kh_code kh_key_keep_mark(struct kh_token *token, CK_OBJECT_HANDLE handle, const struct kh_order_mark *mark,
			      struct kh_error *error)
{
	struct kh_object *object = kh_inventory_by_handle(&token->inventory, handle);
	CK_ATTRIBUTE marks[] = {{CKA_ID, (void *)(uintptr_t)mark->id, sizeof(mark->id)},
				{CKA_LABEL, (void *)(uintptr_t)mark->label, (CK_ULONG)strlen(mark->label)}};

	if (kh_mark_has_id(mark, object->id.data, object->id.length) || strcmp(object->label, mark->label) == 0)
		return KH_OK;
	if (KH_CALL(token->module, C_SetAttributeValue, token->session, handle, marks, 2) != CKR_OK &&
	    KH_CALL(token->module, C_SetAttributeValue, token->session, handle, &marks[0], 1) != CKR_OK &&
	    KH_CALL(token->module, C_SetAttributeValue, token->session, handle, &marks[1], 1) != CKR_OK) {
		kh_log(KH_LOG_WARNING, "the token keeps no mark: the pair is known by its public key");
		return KH_OK;
	}
	return kh_inventory_again(token, object, error);
}
