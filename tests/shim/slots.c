/*
 * What "pulled" means for a module that knows nothing of it. The file
 * SHIM_STORE/pulled has a line for each token that is out: its serial number or
 * label, or "*". Its slot is empty then, its sessions are dead, also afterwards.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim.h"

#define SLOTS 16
#define SESSIONS 256
#define TEXT 512

static struct slot {
	CK_SLOT_ID id;
	bool pulled, event;
} slots[SLOTS];
static size_t slot_count;

static struct session {
	CK_SESSION_HANDLE handle; /* 0: free */
	CK_SLOT_ID slot;
	bool dead;
} sessions[SESSIONS];

static char pulled[TEXT]; /* the file as last seen */
static bool ready;	  /* between C_Initialize and C_Finalize */

static void file_path(char path[PATH], const char *suffix)
{
	snprintf(path, PATH, "%.300s/pulled%s", module_folder(), suffix);
}

static void read_pulled(char text[TEXT])
{
	char path[PATH];
	size_t length = 0;
	FILE *file;

	file_path(path, "");
	file = fopen(path, "re");
	if (file) {
		length = fread(text, 1, TEXT - 1, file);
		fclose(file);
	}
	text[length] = 0;
}

/* fault.c refuses such a rule. */
void module_logout(void)
{
}

void module_pull(const char *name)
{
	char path[PATH], temporary[PATH], text[TEXT];
	FILE *file;

	read_pulled(text);
	file_path(path, "");
	file_path(temporary, ".new");
	file = fopen(temporary, "we");
	if (!file || fprintf(file, "%s%s\n", text, name ? name : "*") < 0 || fclose(file) != 0 ||
	    rename(temporary, path) != 0)
		abort();
	module_refresh();
}

/* A field of CK_TOKEN_INFO, padded with spaces. */
static bool is_field(const char *line, const CK_UTF8CHAR *field, size_t size)
{
	while (size > 0 && field[size - 1] == ' ')
		size--;
	return size > 0 && strlen(line) == size && memcmp(line, field, size) == 0;
}

static bool is_pulled(CK_SLOT_ID id)
{
	CK_TOKEN_INFO info;
	char text[TEXT], *rest;
	bool known = real->C_GetTokenInfo(id, &info) == CKR_OK;

	memcpy(text, pulled, TEXT);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strcmp(line, "*") == 0 || (known && (is_field(line, info.serialNumber, sizeof info.serialNumber) ||
							 is_field(line, info.label, sizeof info.label))))
			return true;
	return false;
}

static void pull_out(CK_SLOT_ID id)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (sessions[i].handle && sessions[i].slot == id)
			sessions[i].dead = true;
	real->C_CloseAllSessions(id);
}

static struct slot *find(CK_SLOT_ID id)
{
	for (size_t i = 0; i < slot_count; i++)
		if (slots[i].id == id)
			return &slots[i];
	if (slot_count == SLOTS)
		abort();
	slots[slot_count] = (struct slot){.id = id};
	return &slots[slot_count++];
}

void module_refresh(void)
{
	CK_SLOT_ID list[SLOTS];
	CK_ULONG count = SLOTS;
	char text[TEXT];

	read_pulled(text);
	if (!ready || strcmp(text, pulled) == 0)
		return;
	memcpy(pulled, text, TEXT);
	if (real->C_GetSlotList(CK_TRUE, list, &count) != CKR_OK)
		return;
	for (CK_ULONG i = 0; i < count; i++) {
		struct slot *slot = find(list[i]);
		bool out = is_pulled(slot->id);

		slot->event |= out != slot->pulled;
		if (out && !slot->pulled)
			pull_out(slot->id);
		slot->pulled = out;
	}
}

static bool is_out(CK_SLOT_ID id)
{
	for (size_t i = 0; i < slot_count; i++)
		if (slots[i].id == id)
			return slots[i].pulled;
	return false;
}

CK_RV soft_Initialize(void *arguments)
{
	const CK_C_INITIALIZE_ARGS *given = arguments;
	CK_C_INITIALIZE_ARGS own = given ? *given : (CK_C_INITIALIZE_ARGS){.flags = CKF_OS_LOCKING_OK};
	CK_RV rv;

	if (getenv("SHIM_INIT"))
		own.pReserved = getenv("SHIM_INIT");
	rv = real->C_Initialize(own.pReserved ? &own : arguments);
	if (rv != CKR_OK)
		return rv;
	memset(sessions, 0, sizeof sessions);
	slot_count = 0;
	pulled[0] = 0;
	ready = true;
	module_refresh();
	for (size_t i = 0; i < slot_count; i++)
		slots[i].event = false;
	return CKR_OK;
}

CK_RV soft_Finalize(void *reserved)
{
	CK_RV rv = real->C_Finalize(reserved);

	if (rv == CKR_OK)
		ready = false;
	return rv;
}

CK_RV soft_GetInfo(CK_INFO *info)
{
	return real->C_GetInfo(info);
}

CK_RV soft_GetSlotList(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
	CK_SLOT_ID all[SLOTS];
	CK_ULONG room = SLOTS, kept = 0;
	CK_RV rv;

	if (!present || !count)
		return real->C_GetSlotList(present, list, count);
	rv = list ? CKR_OK : real->C_GetSlotList(present, NULL, &room); /* some modules look for new slots only then */
	room = SLOTS;
	if (rv == CKR_OK)
		rv = real->C_GetSlotList(present, all, &room);
	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < room; i++)
		if (!is_out(all[i]))
			all[kept++] = all[i];
	if (list && *count < kept)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (list)
		memcpy(list, all, kept * sizeof *list);
	*count = kept;
	return rv;
}

CK_RV soft_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	CK_RV rv = real->C_GetSlotInfo(slot, info);

	if (rv == CKR_OK && is_out(slot))
		info->flags &= ~CKF_TOKEN_PRESENT;
	return rv;
}

#define WHEN_THERE(slot, call) (is_out(slot) ? CKR_TOKEN_NOT_PRESENT : real->call)

CK_RV soft_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	return WHEN_THERE(slot, C_GetTokenInfo(slot, info));
}

CK_RV soft_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count)
{
	return WHEN_THERE(slot, C_GetMechanismList(slot, list, count));
}

CK_RV soft_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	return WHEN_THERE(slot, C_GetMechanismInfo(slot, type, info));
}

CK_RV soft_InitToken(CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label)
{
	return WHEN_THERE(slot, C_InitToken(slot, pin, length, label));
}

CK_RV soft_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
	for (size_t i = 0; slot && i < slot_count; i++) {
		if (slots[i].event) {
			slots[i].event = false;
			*slot = slots[i].id;
			return CKR_OK;
		}
	}
	return real->C_WaitForSlotEvent(flags, slot, reserved);
}

static struct session *session_find(CK_SESSION_HANDLE handle)
{
	for (size_t i = 0; i < SESSIONS; i++)
		if (sessions[i].handle == handle)
			return &sessions[i];
	return NULL;
}

CK_RV session_check(CK_SESSION_HANDLE handle)
{
	const struct session *session = handle ? session_find(handle) : NULL;

	return session && session->dead ? CKR_DEVICE_REMOVED : CKR_OK;
}

CK_RV soft_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE *handle)
{
	CK_RV rv = WHEN_THERE(slot, C_OpenSession(slot, flags, data, notify, handle));
	struct session *free = rv == CKR_OK ? session_find(0) : NULL;

	if (rv == CKR_OK && !free)
		abort();
	if (rv == CKR_OK)
		*free = (struct session){.handle = *handle, .slot = slot};
	return rv;
}

CK_RV soft_CloseSession(CK_SESSION_HANDLE handle)
{
	struct session *session = handle ? session_find(handle) : NULL;
	CK_RV rv = session && session->dead ? CKR_OK : real->C_CloseSession(handle);

	if (session && rv == CKR_OK)
		session->handle = 0;
	return rv;
}

CK_RV soft_CloseAllSessions(CK_SLOT_ID slot)
{
	CK_RV rv = is_out(slot) ? CKR_OK : real->C_CloseAllSessions(slot);

	for (size_t i = 0; rv == CKR_OK && i < SESSIONS; i++)
		if (sessions[i].slot == slot)
			sessions[i].handle = 0;
	return rv;
}
