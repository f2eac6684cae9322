/*
 * The lines of the Assuan protocol (libassuan manual, "Server responses"),
 * as far as a pinentry needs them.
 */
#ifndef KH_PKCS11_PIN_ASSUAN_H
#define KH_PKCS11_PIN_ASSUAN_H

#include "bytes.h"
#include "secret.h"

#define KH_ASSUAN_LINE 1000 /* bytes with the line feed */

enum kh_assuan_reply {
	KH_ASSUAN_OK,
	KH_ASSUAN_DATA,	 /* "D ..." */
	KH_ASSUAN_ERROR, /* "ERR number ..." */
	KH_ASSUAN_OTHER, /* status, comment, inquiry */
};

#define KH_ASSUAN_CANCELLED 83886179ul	   /* pinentry: cancelled */
#define KH_ASSUAN_TIMEOUT 83886142ul	   /* pinentry: nobody answered */
#define KH_ASSUAN_NOT_CONFIRMED 83886194ul /* pinentry: not confirmed */

/* Appends "command text\n", text escaped, control characters other than line
 * feeds made blanks, cut at a character's border to fit a line. */
void kh_assuan_command(struct kh_buffer *out, const char *command, const char *text);

/* Reads a line without its line feed. number is set for ERROR. */
enum kh_assuan_reply kh_assuan_parse(const char *line, size_t length, unsigned long *number);

/* Unescapes a DATA line's text behind what secret holds already. */
KH_CHECKED enum kh_code kh_assuan_data(const char *line, size_t length, struct kh_secret *secret);

#endif
