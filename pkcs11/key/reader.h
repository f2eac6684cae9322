/*
 * The second reader: libp11, which other programs of the system use. After an
 * install it must find the certificate and make a signature with its key that
 * OpenSSL verifies. It uses the login that is there and never asks for a PIN.
 * reader_libp11.c where libp11 was found at build time, else reader_none.c.
 */
#ifndef KH_PKCS11_KEY_READER_H
#define KH_PKCS11_KEY_READER_H

#include "error.h"
#include "token/object.h"

struct kh_token;

struct kh_reader {
	void *state;
	unsigned long starts; /* of the module, when state was made */
};

bool kh_reader_present(void);
/* What it says is told and fails nothing: AGREED, FAILED where it does not read
 * the token, does not find the certificate or cannot use the key (a key type it
 * does not know, too), ABSENT where it is not built in. It may hang or crash;
 * the daemon goes on without it then. */
enum kh_second_reader kh_reader_check(struct kh_reader *reader, struct kh_token *token,
				      const struct kh_object *certificate);

#endif
