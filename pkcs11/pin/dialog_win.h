/*
 * The window of pinentry.exe: who asks and what for, a field for the PIN, what is wrong, two buttons. It has no
 * texts of its own. It stays above other windows, on the screen where the user works, in that screen's size and the
 * font of the system.
 */
#ifndef KH_PKCS11_PIN_DIALOG_WIN_H
#define KH_PKCS11_PIN_DIALOG_WIN_H

#include <wchar.h>

#include "secret.h"

#define KH_DIALOG_TEXT_MAX 1024 /* units with the end */

struct kh_dialog {
	wchar_t title[KH_DIALOG_TEXT_MAX];
	wchar_t description[KH_DIALOG_TEXT_MAX]; /* lines */
	wchar_t prompt[KH_DIALOG_TEXT_MAX];
	wchar_t warning[KH_DIALOG_TEXT_MAX]; /* L"": none */
	wchar_t ok[KH_DIALOG_TEXT_MAX];
	wchar_t cancel[KH_DIALOG_TEXT_MAX];
	unsigned seconds; /* then it ends by itself; 0: it does not */
};

enum kh_dialog_end { KH_DIALOG_OK, KH_DIALOG_CANCELLED, KH_DIALOG_TIMEOUT, KH_DIALOG_FAILED };

/* pin: set with OK; empty also where it is too long for a PIN. NULL: a question, without a field. */
enum kh_dialog_end kh_dialog_show(const struct kh_dialog *dialog, struct kh_secret *pin);

#endif
