/*
 * What the PIN window says: what for, who asks, for which company and order, with
 * which key. The sentences are of the contract (pin.description.…, pin.asker.…,
 * pin.details); names of pages, certificates and keys stay within their line
 * (line.h).
 */
#ifndef KH_PKCS11_PIN_WORDS_H
#define KH_PKCS11_PIN_WORDS_H

#include "host_contract.h"
#include "pin/window.h"
#include "token/token.h"

/* From malloc; NULL out of memory. key: the first line; NULL: by the prompt's
 * purpose. */
char *kh_pin_words(const struct kh_token *token, const struct kh_host_prompt *prompt, const char *key,
		   const struct kh_pin_window *window);
/* A sentence alone, from malloc; NULL where key is. */
char *kh_pin_words_warning(const char *locale, const char *key);

#endif
