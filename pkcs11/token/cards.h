/*
 * The smart card readers of this computer and the cards in them (PC/SC), through
 * the library that the module has loaded for its own use: where it has none,
 * nothing is asked. No card is connected to.
 */
#ifndef KH_PKCS11_TOKEN_CARDS_H
#define KH_PKCS11_TOKEN_CARDS_H

#include <stddef.h>
#include <stdint.h>

#define KH_ATR_MAX 33 /* bytes, ISO/IEC 7816-3, 8.2 */

struct kh_card {
	char reader[128]; /* as PC/SC calls it, UTF-8 */
	uint8_t atr[KH_ATR_MAX];
	size_t length; /* of atr; 0: no card is in it */
};

/* How many there are, most at most; 0 also where the service does not answer. */
size_t kh_cards_read(struct kh_card *cards, size_t most);

#endif
