/* Readers by pcsc-lite. */
#include "token/cards.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

struct library {
	void *handle;
	LONG (*establish)(DWORD scope, LPCVOID reserved1, LPCVOID reserved2, LPSCARDCONTEXT context);
	LONG (*release)(SCARDCONTEXT context);
	LONG (*list)(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD size);
	LONG (*status)(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD count);
};

static bool load(struct library *library)
{
	library->handle = dlopen("libpcsclite.so.1", RTLD_LAZY | RTLD_NOLOAD);
	if (!library->handle)
		return false;
	*(void **)&library->establish = dlsym(library->handle, "SCardEstablishContext");
	*(void **)&library->release = dlsym(library->handle, "SCardReleaseContext");
	*(void **)&library->list = dlsym(library->handle, "SCardListReaders");
	*(void **)&library->status = dlsym(library->handle, "SCardGetStatusChange");
	return library->establish && library->release && library->list && library->status;
}

/* A list of strings, ended by an empty one; NULL: none. The caller frees it. */
static char *list_readers(const struct library *library, SCARDCONTEXT context)
{
	DWORD size = 0;
	char *names;

	if (library->list(context, NULL, NULL, &size) != SCARD_S_SUCCESS)
		return NULL;
	names = calloc(1, size + 2);
	if (names && library->list(context, NULL, names, &size) == SCARD_S_SUCCESS)
		return names;
	free(names);
	return NULL;
}

static void look(const struct library *library, SCARDCONTEXT context, const char *reader, struct kh_card *card)
{
	SCARD_READERSTATE state = {.szReader = reader};

	snprintf(card->reader, sizeof(card->reader), "%s", reader);
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

	if (load(&library) && library.establish(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) == SCARD_S_SUCCESS) {
		char *names = list_readers(&library, context);

		for (char *at = names; at && *at && count < most; at += strlen(at) + 1)
			look(&library, context, at, &cards[count++]);
		free(names);
		library.release(context);
	}
	if (library.handle)
		dlclose(library.handle);
	return count;
}
