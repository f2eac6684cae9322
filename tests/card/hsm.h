/* A SmartCard-HSM: its commands, and what its files are. */
#ifndef KH_TESTS_CARD_HSM_H
#define KH_TESTS_CARD_HSM_H

#include "card.h"

/* File identifiers: the high byte says what it is, the low one is the key's number. */
enum {
	FILE_KEY = 0xcc00,	 /* a private key: in the store in DER, never read by a command */
	FILE_PROTECTED = 0xcd00, /* data that is read with the PIN only */
	FILE_DEVICE = 0x2f02	 /* the device certificate, which has the serial number */
};

bool hsm_make(struct owner *owner);

unsigned hsm_select(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_read(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_update(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_delete(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_enumerate(struct card *card, const struct apdu *apdu, struct answer *answer);

unsigned hsm_verify(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_change(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_reset(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_initialize(struct card *card, const struct apdu *apdu, struct answer *answer);

unsigned hsm_generate(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned hsm_use(struct card *card, const struct apdu *apdu, struct answer *answer);

/* hsm_cvc.c: the certificate of the device, and the request of a new pair: public_key is the modulus, or the point. */
void cvc_write_device(struct writer *writer, const char *serial);
bool cvc_write_request(struct writer *writer, const struct apdu *generate, const void *public_key, size_t length);

#endif
