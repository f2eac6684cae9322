/*
 * Errors: one code, one struct, one way to fill it.
 *
 * Every function that can fail returns enum kh_code and takes a struct
 * kh_error * as its last parameter (may be NULL). On KH_OK the error is left
 * alone; on anything else it is filled completely. Codes are generated from
 * components.errors of keyhall.openrpc.json (enum kh_code in codes.h):
 * KH_OK is 0, "pin.incorrect" is KH_PIN_INCORRECT with its wire number.
 *
 * Foreign codes (CKR_*, OpenSSL, errno, libusb, SQLite) are translated where
 * they enter, with the callee's name and native value. A library's free text is
 * never kept: it may quote a PIN.
 *
 * struct kh_error owns no memory: it can be copied and thrown away. What it says
 * to people: text.h.
 */
#ifndef KH_PROTOCOL_ERROR_H
#define KH_PROTOCOL_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codes.h" /* generated: enum kh_code, KH_ERROR_DATA_*_MAX, enum kh_retry, enum kh_pin_left */

#define KH_CHECKED __attribute__((warn_unused_result))
/* Which argument is the format, which the first value. KH_PRINTF_FORMAT: of the C library, meson.build. */
#define KH_PRINTF(text, first) __attribute__((format(KH_PRINTF_FORMAT, text, first)))

/* Mirrors ErrorData of the contract; an empty string or 0 is "not given". */
struct kh_error {
	enum kh_code code;
	int rpc_code; /* 0, or JSON-RPC's own -32700, -32600, -32601 */
	enum kh_pin_left left;
	char field[KH_ERROR_DATA_FIELD_MAX + 1];
	char what[KH_ERROR_DATA_WHAT_MAX + 1];
	char serial[KH_SERIAL_MAX + 1];
	char label[KH_ERROR_DATA_LABEL_MAX + 1];
	char module[KH_ERROR_DATA_MODULE_MAX + 1];
	char call[KH_ERROR_DATA_CALL_MAX + 1];
	char value[KH_ERROR_DATA_VALUE_MAX + 1];
	unsigned long native; /* value as a number, where the callee has numbers: a CK_RV; not on the wire */
	char holder[KH_ERROR_DATA_HOLDER_MAX + 1];
	char opens[KH_TIME_MAX + 1];
	char closes[KH_TIME_MAX + 1];
};

/* Clears error and sets its code; returns code, so that a failing function
 * ends with `return kh_fail(error, KH_TOKEN_ABSENT);`. */
enum kh_code kh_fail(struct kh_error *error, enum kh_code code);

/* request.invalid with the field's dotted path. */
enum kh_code kh_fail_field(struct kh_error *error, const char *field);

/* A failure of a foreign function: its name and native value. */
enum kh_code kh_fail_call(struct kh_error *error, enum kh_code code, const char *call, const char *value);
/* agent.failed: a function of the system, with the reason that the system gives
 * now (errno, GetLastError()). error_posix.c, error_win.c */
enum kh_code kh_fail_system(struct kh_error *error, const char *call);

/* "area.reason", as in the contract; "" for KH_OK. */
const char *kh_code_name(enum kh_code code);
/* The reverse; KH_OK when there is no such name. */
enum kh_code kh_code_value(const char *name);
/* Whether the same call may succeed later; NONE for KH_OK. */
enum kh_retry kh_code_retry(enum kh_code code);
#endif
