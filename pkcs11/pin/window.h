/*
 * The PIN window: what is asked, of which pinentry program.
 *
 * Without a configured program the usual ones are tried in turn; a configured
 * one that does not start is pin.unavailable. Cancelled by the clerk, by
 * host.cancel, by the end of stdin or by time: pin.cancelled.
 *
 * An answer of a length that no PIN of the token has is not sent: the window
 * says the length and asks again. An empty one within the first half second was
 * meant for another window: the question just stands.
 *
 * An answer that cannot be sent and comes again and again is pin.cancelled: a
 * program answers so, or a clerk who knows no other PIN.
 */
#ifndef KH_PKCS11_PIN_WINDOW_H
#define KH_PKCS11_PIN_WINDOW_H

#include "pin/pinentry.h"

#define KH_PIN_ASKS_MAX 16   /* questions in one window */
#define KH_PIN_SAME_MAX 3    /* times that the same answer is refused in one window */
#define KH_PIN_TIMEOUT "300" /* s; the window ends by itself, should nobody be left to end it */

struct kh_pin_window {
	struct kh_pinentry pinentry;
	const char *program; /* configured; NULL or "": the usual ones */
	size_t candidate;    /* of the usual ones, the next to try */
	const char *locale;
	const char *prompt; /* beside the field, a text of the contract */
	size_t min;	    /* length of a PIN; 0: anything but empty */
	size_t max;
	unsigned asks;
	unsigned same; /* times that refused was the answer */
	struct kh_secret refused;
	const char *tried; /* the program started last */
	bool answered;	   /* this program has shown its window once */
};

/* Sends host.prompting; the window shows with the first question. */
void kh_pin_window_init(struct kh_pin_window *window, struct kh_loop *loop, const char *program, const char *locale,
			int64_t session);
/* From now on a question ends as token.removed when gone says that the key has gone. */
void kh_pin_window_watch(struct kh_pin_window *window, bool (*gone)(void *context), void *context);
/* Asks until the answer's length fits. warning may be NULL. */
KH_CHECKED enum kh_code kh_pin_window_ask(struct kh_pin_window *window, const char *description, const char *warning,
					  struct kh_secret *pin, struct kh_error *error);
/* An answer was not sent: pin.cancelled when it was the same as often before. */
KH_CHECKED enum kh_code kh_pin_window_refuse(struct kh_pin_window *window, const struct kh_secret *pin,
					     struct kh_error *error);
/* A yes-or-no question; no is pin.cancelled. */
KH_CHECKED enum kh_code kh_pin_window_confirm(struct kh_pin_window *window, const char *question,
					      struct kh_error *error);
void kh_pin_window_finish(struct kh_pin_window *window);

/* A text that may name the lengths a PIN can have: {min} and {max}. */
void kh_pin_window_tell(const struct kh_pin_window *window, const char *locale, const char *key, struct kh_buffer *out);

/* Starts a program as for a question, and ends it without one. program: the one
 * that was tried last, of the caller's or static; NULL: none starts. */
enum kh_host_window_try_result_state kh_pin_window_try(struct kh_loop *loop, const char *configured,
						       const char **program);

/* programs_posix.c, programs_win.c: the n-th usual program; NULL behind the last. */
const char *kh_pin_program(size_t n);
/* The terminal of a pinentry that needs one; NULL: none. */
const char *kh_pin_terminal(char *name, size_t size);

#endif
