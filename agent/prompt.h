/*
 * For whom a PIN is asked: what the token host's window tells the clerk.
 */
#ifndef KH_AGENT_PROMPT_H
#define KH_AGENT_PROMPT_H

#include "host_contract.h"
#include "request.h"

/* Borrows from all it is made of. certificate: the one that it is about, by id; NULL or
 * one that is not known: the key's, where they all name the same company. */
struct kh_host_prompt kh_prompt_make(const struct kh_request *request, enum kh_host_prompt_purpose purpose,
				     const char *token, const char *certificate);

#endif
