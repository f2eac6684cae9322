/*
 * The SHA-256 of a file: which build of a driver is it?
 */
#ifndef KH_AGENT_TOOL_DIGEST_H
#define KH_AGENT_TOOL_DIGEST_H

#include "codes.h"

#include <stdbool.h>

/* path may begin with ~, the user's home, as a report has it. False: it cannot be
 * read. */
bool kh_digest_file(const char *path, char digest[KH_SHA256_MAX + 1]);

#endif
