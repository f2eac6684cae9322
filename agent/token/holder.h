/*
 * Which other programs may be at a key: those of this user that have loaded its
 * module, or the library of the smart card service.
 */
#ifndef KH_AGENT_TOKEN_HOLDER_H
#define KH_AGENT_TOKEN_HOLDER_H

#include <stddef.h>

#include "token/modules.h"

/* Their names, each once, with commas between; empty: none is known. Reads what the
 * system tells of every process: for when somebody is to be told. */
void kh_holders(const struct kh_driver *module, char *text, size_t size);

#endif
