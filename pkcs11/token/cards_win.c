/* Readers by the library of Windows, when the module has loaded it. */
#include "token/cards.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winscard.h>

#include "wide_win.h"

struct library {
	LONG(WINAPI *establish)(DWORD scope, LPCVOID reserved1, LPCVOID reserved2, SCARDCONTEXT *context);
	LONG(WINAPI *release)(SCARDCONTEXT context);
	LONG(WINAPI *list)(SCARDCONTEXT context, LPCWSTR groups, LPWSTR readers, DWORD *size);
	LONG(WINAPI *status)(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATEW *states, DWORD count);
};

static void find(HMODULE module, const char *name, void *function)
{
	FARPROC found = GetProcAddress(module, name);

	memcpy(function, &found, sizeof(found));
}

static bool load(struct library *library)
{
	HMODULE module = GetModuleHandleW(L"winscard.dll");

	if (!module)
		return false;
	find(module, "SCardEstablishContext", &library->establish);
	find(module, "SCardReleaseContext", &library->release);
	find(module, "SCardListReadersW", &library->list);
	find(module, "SCardGetStatusChangeW", &library->status);
	return library->establish && library->release && library->list && library->status;
}

/* A list of strings, ended by an empty one; NULL: none. The caller frees it. */
static wchar_t *list_readers(const struct library *library, SCARDCONTEXT context)
{
	DWORD size = 0;
	wchar_t *names;

	if (library->list(context, NULL, NULL, &size) != SCARD_S_SUCCESS)
		return NULL;
	names = calloc(size + 2, sizeof(*names));
	if (names && library->list(context, NULL, names, &size) == SCARD_S_SUCCESS)
		return names;
	free(names);
	return NULL;
}

static void look(const struct library *library, SCARDCONTEXT context, const wchar_t *reader, struct kh_card *card)
{
	SCARD_READERSTATEW state = {.szReader = reader};

	(void)kh_narrow(reader, card->reader, sizeof(card->reader));
	card->length = 0;
	if (library->status(context, 0, &state, 1) != SCARD_S_SUCCESS || !(state.dwEventState & SCARD_STATE_PRESENT) ||
	    state.cbAtr > KH_ATR_MAX)
		return;
	memcpy(card->atr, state.rgbAtr, state.cbAtr);
	card->length = state.cbAtr;
}

size_t kh_cards_read(struct kh_card *cards, size_t most)
{
	struct library library = {0};
	SCARDCONTEXT context;
	size_t count = 0;

	if (load(&library) && library.establish(SCARD_SCOPE_USER, NULL, NULL, &context) == SCARD_S_SUCCESS) {
		wchar_t *names = list_readers(&library, context);

		for (wchar_t *at = names; at && *at && count < most; at += wcslen(at) + 1)
			look(&library, context, at, &cards[count++]);
		free(names);
		library.release(context);
	}
	return count;
}
