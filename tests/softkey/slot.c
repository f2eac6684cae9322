/* Slots and what is in them; the library as a whole. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "softkey.h"

#define EVENT_POLL_MICROSECONDS 20000

struct slot slots[SLOTS];

void slots_refresh(void)
{
	char names[SLOTS][NAME];

	store_slots(names);
	for (CK_SLOT_ID i = 0; i < SLOTS; i++) {
		struct slot *slot = &slots[i];
		struct token token;

		if (strcmp(slot->name, names[i]) == 0)
			continue;
		slot->gone = CKR_DEVICE_REMOVED;
		if (slot->name[0] && store_read_token(slot->name, &token) == CKR_OK)
			slot->gone = (CK_RV)token.gone;
		memcpy(slot->name, names[i], NAME);
		slot->generation++;
		slot->event = true;
		slot->user = NOBODY;
		objects_drop(i);
	}
}

CK_RV soft_Initialize(void *arguments)
{
	CK_RV rv = mechanisms_load();

	(void)arguments;
	if (rv != CKR_OK)
		return rv;
	for (CK_SLOT_ID i = 0; i < SLOTS; i++) {
		slots[i] = (struct slot){.user = NOBODY, .generation = slots[i].generation + 1};
		objects_drop(i);
	}
	slots_refresh();
	for (int i = 0; i < SLOTS; i++)
		slots[i].event = false;
	return CKR_OK;
}

CK_RV soft_Finalize(void *reserved)
{
	if (reserved)
		return CKR_ARGUMENTS_BAD;
	for (CK_SLOT_ID i = 0; i < SLOTS; i++) {
		sessions_close(i);
		objects_drop(i);
	}
	return CKR_OK;
}

static void pad(void *field, size_t size, const char *text)
{
	size_t length = strlen(text);

	memset(field, ' ', size);
	memcpy(field, text, length < size ? length : size);
}

CK_RV soft_GetInfo(CK_INFO *info)
{
	if (!info)
		return CKR_ARGUMENTS_BAD;
	*info = (CK_INFO){.cryptokiVersion = {2, 40}, .libraryVersion = {1, 0}};
	pad(info->manufacturerID, sizeof info->manufacturerID, vendor->manufacturer);
	pad(info->libraryDescription, sizeof info->libraryDescription, "softkey");
	return CKR_OK;
}

CK_RV soft_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
	CK_SLOT_ID found[SLOTS];
	CK_ULONG n = 0;

	if (!count)
		return CKR_ARGUMENTS_BAD;
	for (CK_SLOT_ID i = 0; i < SLOTS; i++)
		if (!present || slots[i].name[0])
			found[n++] = i;
	if (list && *count < n) {
		*count = n;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (list)
		memcpy(list, found, n * sizeof *found);
	*count = n;
	return CKR_OK;
}

CK_RV soft_GetSlotInfo(CK_SLOT_ID id, CK_SLOT_INFO *info)
{
	if (id >= SLOTS)
		return CKR_SLOT_ID_INVALID;
	if (!info)
		return CKR_ARGUMENTS_BAD;
	*info = (CK_SLOT_INFO){.flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT |
					(slots[id].name[0] ? CKF_TOKEN_PRESENT : 0)};
	pad(info->slotDescription, sizeof info->slotDescription, id == 0 ? "softkey left" : "softkey right");
	pad(info->manufacturerID, sizeof info->manufacturerID, "Keyhall tests");
	return CKR_OK;
}

CK_RV slot_token(CK_SLOT_ID id, struct token *token)
{
	if (id >= SLOTS)
		return CKR_SLOT_ID_INVALID;
	if (!slots[id].name[0])
		return CKR_TOKEN_NOT_PRESENT;
	return store_read_token(slots[id].name, token);
}

enum always slot_always(CK_SLOT_ID id)
{
	struct token token;

	return slot_token(id, &token) == CKR_OK ? (enum always)token.always : ALWAYS_NEVER;
}

static CK_FLAGS token_flags(const struct token *token)
{
	CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | (CK_FLAGS)token->flags;

	if (token->read_only)
		flags |= CKF_WRITE_PROTECTED;

	if (token->initialized)
		flags |= CKF_TOKEN_INITIALIZED;
	if (!token->pin[0])
		return flags;
	flags |= CKF_USER_PIN_INITIALIZED;
	if (token->left == 0)
		flags |= CKF_USER_PIN_LOCKED;
	else if (token->left == 1)
		flags |= CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW;
	else if (token->left < token->tries)
		flags |= CKF_USER_PIN_COUNT_LOW;
	return flags;
}

CK_RV soft_GetTokenInfo(CK_SLOT_ID id, CK_TOKEN_INFO *info)
{
	struct token token;
	CK_RV rv = slot_token(id, &token);
	size_t used;

	if (rv != CKR_OK)
		return rv;
	if (!info)
		return CKR_ARGUMENTS_BAD;
	*info = (CK_TOKEN_INFO){
		.flags = token_flags(&token),
		.ulMaxSessionCount = SESSIONS,
		.ulMaxRwSessionCount = SESSIONS,
		.ulMaxPinLen = PIN_MAX,
		.ulMinPinLen = (CK_ULONG)token.min_pin,
		.ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION,
		.ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION,
		.ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION,
		.ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION,
		.hardwareVersion = {1, 0},
		.firmwareVersion = {1, 0},
	};
	pad(info->label, sizeof info->label, token.label);
	pad(info->serialNumber, sizeof info->serialNumber, token.serial);
	pad(info->manufacturerID, sizeof info->manufacturerID, "Keyhall tests");
	pad(info->model, sizeof info->model, "softkey");
	if (token.capacity > 0 && token.tells_memory) {
		used = store_used(token.name);
		info->ulTotalPublicMemory = info->ulTotalPrivateMemory = (CK_ULONG)token.capacity;
		info->ulFreePublicMemory = info->ulFreePrivateMemory =
			used > (size_t)token.capacity ? 0 : (CK_ULONG)token.capacity - used;
	}
	return CKR_OK;
}

CK_RV soft_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *id, void *reserved)
{
	if (!id || reserved)
		return CKR_ARGUMENTS_BAD;
	for (;;) {
		for (CK_SLOT_ID i = 0; i < SLOTS; i++) {
			if (slots[i].event) {
				slots[i].event = false;
				*id = i;
				return CKR_OK;
			}
		}
		if (flags & CKF_DONT_BLOCK)
			return CKR_NO_EVENT;
		usleep(EVENT_POLL_MICROSECONDS);
		slots_refresh();
	}
}

static void delete_file(void *data, const char *file, size_t bytes, int64_t stamp)
{
	struct token *token = data;

	(void)bytes;
	(void)stamp;
	if (store_delete(token->name, file) != CKR_OK)
		token->initialized = false;
}

CK_RV soft_InitToken(CK_SLOT_ID id, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label)
{
	struct token token;
	size_t end = 32;
	CK_RV rv = slot_token(id, &token);

	if (rv != CKR_OK)
		return rv;
	if (!label || !pin)
		return CKR_ARGUMENTS_BAD;
	for (int i = 0; i < SESSIONS; i++) {
		struct session *session;

		if (session_get((CK_SESSION_HANDLE)i + 1, &session) == CKR_OK && session->slot == id)
			return CKR_SESSION_EXISTS;
	}
	rv = token.initialized ? pin_check(&token, CKU_SO, pin, length) : pin_set(&token, CKU_SO, pin, length);
	if (rv != CKR_OK)
		return rv;
	token.initialized = true;
	store_each(token.name, delete_file, &token);
	if (!token.initialized)
		return CKR_DEVICE_ERROR;
	while (end > 0 && label[end - 1] == ' ')
		end--;
	memcpy(token.label, label, end);
	token.label[end] = 0;
	token.pin[0] = 0;
	objects_drop(id);
	return store_write_token(&token);
}
