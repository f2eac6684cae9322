/* Which objects a token shows. */
#include "token/search.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "token/token.h"

#define STEP 256

static int compare(const void *a, const void *b)
{
	CK_OBJECT_HANDLE left = *(const CK_OBJECT_HANDLE *)a;
	CK_OBJECT_HANDLE right = *(const CK_OBJECT_HANDLE *)b;

	return left < right ? -1 : left > right;
}

/* Some modules show an object twice. */
static void put_in_order(struct kh_handles *handles)
{
	size_t left = handles->count > 0;

	if (handles->count > 1)
		qsort(handles->list, handles->count, sizeof(*handles->list), compare);
	for (size_t i = 1; i < handles->count; i++) {
		if (handles->list[i] != handles->list[i - 1])
			handles->list[left++] = handles->list[i];
	}
	handles->count = left;
}

void kh_handles_finish(struct kh_handles *handles)
{
	free(handles->list);
}

static bool make_room(struct kh_handles *handles, size_t more)
{
	CK_OBJECT_HANDLE *list = realloc(handles->list, (handles->count + more) * sizeof(*list));

	if (list)
		handles->list = list;
	return list;
}

bool kh_handles_add(struct kh_handles *handles, const CK_OBJECT_HANDLE *list, size_t count)
{
	if (count == 0)
		return true;
	if (!make_room(handles, count))
		return false;
	memcpy(handles->list + handles->count, list, count * sizeof(*list));
	handles->count += count;
	put_in_order(handles);
	return true;
}

/* A module may hand out fewer than there is room for: the search ends when there are none. */
static CK_RV collect(struct kh_token *token, struct kh_handles *handles)
{
	size_t limit = handles->count + KH_OBJECTS_MAX;
	CK_ULONG got;

	do {
		CK_RV rv;

		if (!make_room(handles, STEP))
			return CKR_HOST_MEMORY;
		got = 0;
		rv = KH_CALL(token->module, C_FindObjects, token->session, handles->list + handles->count, STEP, &got);
		if (rv != CKR_OK)
			return rv;
		handles->count += got < STEP ? got : STEP;
	} while (got > 0 && handles->count <= limit);
	if (handles->count > limit) {
		kh_log(KH_LOG_WARNING, "more than %d objects on the token: the others are not looked at",
		       KH_OBJECTS_MAX);
		handles->count = limit;
	}
	return CKR_OK;
}

/* class NULL: without a template. */
static CK_RV search(struct kh_token *token, const CK_OBJECT_CLASS *class, struct kh_handles *handles)
{
	CK_ATTRIBUTE template = {CKA_CLASS, (void *)(uintptr_t) class, sizeof(*class)};
	CK_RV rv = KH_CALL(token->module, C_FindObjectsInit, token->session, class ? &template : NULL, class ? 1 : 0);

	if (rv != CKR_OK)
		return rv;
	rv = collect(token, handles);
	(void)KH_CALL(token->module, C_FindObjectsFinal, token->session);
	put_in_order(handles);
	return rv;
}

static CK_RV search_classes(struct kh_token *token, struct kh_handles *handles)
{
	static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE};
	CK_RV rv = CKR_OK;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]) && rv == CKR_OK; i++)
		rv = search(token, &classes[i], handles);
	return rv;
}

CK_RV kh_search(struct kh_token *token, struct kh_handles *handles)
{
	CK_RV rv = search(token, NULL, handles);

	if (rv == CKR_OK && token->lease.active && token->private_search == KH_PRIVATE_BY_CLASS)
		rv = search_classes(token, handles);
	return rv;
}

CK_RV kh_search_hidden(struct kh_token *token, struct kh_handles *handles)
{
	static const CK_OBJECT_CLASS private_key = CKO_PRIVATE_KEY;
	size_t before = handles->count;
	CK_RV rv = search(token, &private_key, handles);

	if (rv != CKR_OK || handles->count == before)
		return rv;
	kh_log(KH_LOG_INFO, "%s shows private objects only by their class", token->module->name);
	token->private_search = KH_PRIVATE_BY_CLASS;
	return search_classes(token, handles);
}
