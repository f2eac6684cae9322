/*
 * Which token host loads a library: only a program of the same processor can.
 */
#ifndef KH_AGENT_TOKEN_PROGRAM_H
#define KH_AGENT_TOKEN_PROGRAM_H

#include <stdbool.h>

#include "error.h"

/* The token host whose processor is the library's; the first one where there is none, or no library. agent.failed:
 * none is installed. */
KH_CHECKED enum kh_code kh_token_program(const char *library, char *path, size_t size, struct kh_error *error);
/* Whether a program can load a library. */
bool kh_token_program_fits(const char *program, const char *library);

#endif
