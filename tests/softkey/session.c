/* Sessions and logins. A session of a key that was pulled stays dead until it is closed. */
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "softkey.h"

static struct session sessions[SESSIONS];

CK_RV session_get(CK_SESSION_HANDLE handle, struct session **out)
{
	struct session *session = handle >= 1 && handle <= SESSIONS ? &sessions[handle - 1] : NULL;

	*out = session;
	if (!session || !session->used)
		return CKR_SESSION_HANDLE_INVALID;
	if (session->generation != slots[session->slot].generation)
		return slots[session->slot].gone ? slots[session->slot].gone : CKR_DEVICE_REMOVED;
	return CKR_OK;
}

CK_RV session_get_writable(CK_SESSION_HANDLE handle, struct session **session)
{
	struct token token;
	CK_RV rv = session_get(handle, session);

	if (rv != CKR_OK)
		return rv;
	if (!((*session)->flags & CKF_RW_SESSION))
		return CKR_SESSION_READ_ONLY;
	rv = slot_token((*session)->slot, &token);
	if (rv == CKR_OK && token.read_only)
		return CKR_TOKEN_WRITE_PROTECTED;
	return session_sees_private(*session) ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

bool session_sees_private(const struct session *session)
{
	return slots[session->slot].user == CKU_USER;
}

static CK_ULONG open_sessions(CK_SLOT_ID slot)
{
	CK_ULONG count = 0;

	for (int i = 0; i < SESSIONS; i++)
		count += sessions[i].used && sessions[i].slot == slot &&
			 sessions[i].generation == slots[slot].generation;
	return count;
}

CK_RV soft_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE *session)
{
	struct token token;
	CK_RV rv = slot_token(slot, &token);

	(void)data;
	(void)notify;
	if (rv != CKR_OK)
		return rv;
	if (!session)
		return CKR_ARGUMENTS_BAD;
	if (!(flags & CKF_SERIAL_SESSION))
		return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	if (!token.initialized)
		return CKR_TOKEN_NOT_RECOGNIZED;
	if (!(flags & CKF_RW_SESSION) && slots[slot].user == CKU_SO)
		return CKR_SESSION_READ_WRITE_SO_EXISTS;
	for (CK_SESSION_HANDLE i = 0; i < SESSIONS; i++) {
		if (sessions[i].used)
			continue;
		sessions[i] = (struct session){
			.used = true, .slot = slot, .generation = slots[slot].generation, .flags = flags};
		*session = i + 1;
		return CKR_OK;
	}
	return CKR_SESSION_COUNT;
}

static void close_session(struct session *session)
{
	operation_end(&session->sign);
	operation_end(&session->verify);
	operation_end(&session->digest);
	operation_end(&session->decrypt);
	free(session->found);
	objects_drop_session((CK_SESSION_HANDLE)(session - sessions) + 1);
	*session = (struct session){0};
}

CK_RV soft_CloseSession(CK_SESSION_HANDLE handle)
{
	struct session *session = handle >= 1 && handle <= SESSIONS ? &sessions[handle - 1] : NULL;
	CK_SLOT_ID slot;

	if (!session || !session->used)
		return CKR_SESSION_HANDLE_INVALID;
	slot = session->slot;
	close_session(session);
	if (open_sessions(slot) == 0)
		slots[slot].user = NOBODY;
	return CKR_OK;
}

void sessions_close(CK_SLOT_ID slot)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].used && sessions[i].slot == slot)
			close_session(&sessions[i]);
	slots[slot].user = NOBODY;
}

CK_RV soft_CloseAllSessions(CK_SLOT_ID slot)
{
	if (slot >= SLOTS)
		return CKR_SLOT_ID_INVALID;
	sessions_close(slot);
	return CKR_OK;
}

CK_RV soft_GetSessionInfo(CK_SESSION_HANDLE handle, CK_SESSION_INFO *info)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);
	bool writable;

	if (rv != CKR_OK)
		return rv;
	if (!info)
		return CKR_ARGUMENTS_BAD;
	writable = session->flags & CKF_RW_SESSION;
	*info = (CK_SESSION_INFO){.slotID = session->slot, .flags = session->flags};
	if (slots[session->slot].user == CKU_SO)
		info->state = CKS_RW_SO_FUNCTIONS;
	else if (slots[session->slot].user == CKU_USER)
		info->state = writable ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
	else
		info->state = writable ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
	return CKR_OK;
}

/* For the operation that has begun; where none has, for the next C_UnwrapKey. */
static CK_RV login_context(struct session *session, const CK_BYTE *pin, CK_ULONG length)
{
	struct token token;
	CK_RV rv = session_sees_private(session) ? slot_token(session->slot, &token) : CKR_USER_NOT_LOGGED_IN;

	if (rv == CKR_OK && !token.always)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (rv == CKR_OK)
		rv = pin_check(&token, CKU_USER, pin, length);
	if (rv != CKR_OK)
		return rv;
	session->may_unwrap = !session->sign.wants_pin && !session->decrypt.wants_pin;
	session->sign.wants_pin = session->decrypt.wants_pin = false;
	return CKR_OK;
}

CK_RV soft_Login(CK_SESSION_HANDLE handle, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length)
{
	struct session *session;
	struct token token;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (user == CKU_CONTEXT_SPECIFIC)
		return login_context(session, pin, length);
	if (user != CKU_USER && user != CKU_SO)
		return CKR_USER_TYPE_INVALID;
	if (slots[session->slot].user != NOBODY)
		return slots[session->slot].user == user ? CKR_USER_ALREADY_LOGGED_IN
							 : CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	rv = slot_token(session->slot, &token);
	if (rv == CKR_OK)
		rv = pin_check(&token, user, pin, length);
	if (rv == CKR_OK && user == CKU_USER && token.expired)
		rv = CKR_PIN_EXPIRED;
	if (rv == CKR_OK)
		slots[session->slot].user = user;
	return rv;
}

void module_logout(void)
{
	for (int i = 0; i < SLOTS; i++)
		slots[i].user = NOBODY;
}

CK_RV soft_Logout(CK_SESSION_HANDLE handle)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (slots[session->slot].user == NOBODY)
		return CKR_USER_NOT_LOGGED_IN;
	slots[session->slot].user = NOBODY;
	return CKR_OK;
}

CK_RV soft_InitPIN(CK_SESSION_HANDLE handle, CK_BYTE *pin, CK_ULONG length)
{
	struct session *session;
	struct token token;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (slots[session->slot].user != CKU_SO)
		return CKR_USER_NOT_LOGGED_IN;
	rv = slot_token(session->slot, &token);
	if (rv == CKR_OK)
		rv = pin_set(&token, CKU_USER, pin, length);
	return rv == CKR_OK ? store_write_token(&token) : rv;
}

CK_RV soft_SetPIN(CK_SESSION_HANDLE handle, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *new, CK_ULONG new_length)
{
	struct session *session;
	struct token token;
	CK_USER_TYPE user;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!(session->flags & CKF_RW_SESSION))
		return CKR_SESSION_READ_ONLY;
	user = slots[session->slot].user == CKU_SO ? CKU_SO : CKU_USER;
	rv = slot_token(session->slot, &token);
	if (rv == CKR_OK)
		rv = pin_check(&token, user, old, old_length);
	if (rv == CKR_OK)
		rv = pin_set(&token, user, new, new_length);
	token.expired = 0;
	token.flags &= ~(long)CKF_USER_PIN_TO_BE_CHANGED;
	return rv == CKR_OK ? store_write_token(&token) : rv;
}

CK_RV soft_GenerateRandom(CK_SESSION_HANDLE handle, CK_BYTE *out, CK_ULONG length)
{
	struct session *session;
	CK_RV rv = session_get(handle, &session);

	if (rv != CKR_OK)
		return rv;
	return RAND_bytes(out, (int)length) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}
