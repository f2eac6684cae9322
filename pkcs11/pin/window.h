/*
 * The PIN window: what is asked, of which pinentry program.
 *
 * Without a configured program the usual ones are tried in turn; a configured
 * one that does not start is pin.unavailable. Cancelled by the clerk, by
 * host.cancel, by the end of stdin or by time: pin.cancelled.
 *
 * An answer shorter than min that comes within the first half second was
 * typed for another window: it is thrown away and the question stands.
 */
#ifndef KH_PKCS11_PIN_WINDOW_H
#define KH_PKCS11_PIN_WINDOW_H

#include "pin/pinentry.h"

#define KH_PIN_ASKS_MAX 16   /* questions in one window */
#define KH_PIN_TIMEOUT "300" /* s; the window ends by itself, should nobody be left to end it */

struct kh_pin_window {
	struct kh_pinentry pinentry;
	const char *program; /* configured; NULL or "": the usual ones */
	size_t candidate;    /* of the usual ones, the next to try */
	const char *locale;
	size_t min; /* length of a PIN; 0: anything but empty */
	size_t max;
	unsigned asks;
	bool answered; /* this program has shown its window once */
};

/* Sends host.prompting; the window shows with the first question. */
void kh_pin_window_init(struct kh_pin_window *window, struct kh_loop *loop, const char *program, const char *locale,
			int64_t session);
/* Asks until the answer's length fits. warning may be NULL. */
KH_CHECKED enum kh_code kh_pin_window_ask(struct kh_pin_window *window, const char *description, const char *warning,
					  struct kh_secret *pin, struct kh_error *error);
/* A yes-or-no question; no is pin.cancelled. */
KH_CHECKED enum kh_code kh_pin_window_confirm(struct kh_pin_window *window, const char *question,
					      struct kh_error *error);
void kh_pin_window_finish(struct kh_pin_window *window);

/* pin_terminal_posix.c: the terminal of a pinentry that needs one; NULL: none. */
const char *kh_pin_terminal(char *name, size_t size);

#endif
