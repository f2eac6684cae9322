/*
 * The table of error codes, generated; for error.c and text.c.
 */
#ifndef KH_PROTOCOL_CODE_ROW_H
#define KH_PROTOCOL_CODE_ROW_H

#include <stddef.h>

#include "codes.h"

struct kh_code_row {
	int code;
	enum kh_retry retry;
	const char *name;
	const char *en;
	const char *zh;
};
extern const struct kh_code_row kh_code_rows[];
extern const size_t kh_code_rows_count;

#endif
