/* PINs of a MyEID: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, LOGOUT, and the part of PUT DATA that makes one. */
#include <string.h>

#include "eid.h"

enum { REFERENCE_USER = 1, REFERENCE_SO = 3 };
enum { WIDTH = 8, PADDING = 0xff, PIN_MIN = 4 };

bool eid_pin(unsigned reference, enum pin *pin)
{
	*pin = reference == REFERENCE_SO ? PIN_SO : PIN_USER;
	return reference == REFERENCE_USER || reference == REFERENCE_SO;
}

/* How long one is without its padding. */
static size_t length_of(const unsigned char *field)
{
	size_t length = WIDTH;

	while (length > 0 && field[length - 1] == PADDING)
		length--;
	return length;
}

static unsigned try(struct card *card, enum pin pin, const unsigned char *field)
{
	return pin_try(card, pin, field, length_of(field));
}

static unsigned set(struct card *card, enum pin pin, const unsigned char *field)
{
	return length_of(field) < PIN_MIN ? SW_DATA : pin_set(card, pin, field, length_of(field));
}

unsigned eid_verify(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	enum pin pin;

	(void)answer;
	if (!eid_pin(apdu->p2, &pin))
		return SW_NO_REFERENCE;
	if (apdu->length == 0)
		return pin_state(card, pin);
	return apdu->length == WIDTH ? try(card, pin, apdu->data) : SW_LENGTH;
}

unsigned eid_change(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned status;
	enum pin pin;

	(void)answer;
	if (!eid_pin(apdu->p2, &pin))
		return SW_NO_REFERENCE;
	if (apdu->length != 2 * (size_t)WIDTH)
		return SW_LENGTH;
	status = try(card, pin, apdu->data);
	return status == SW_OK ? set(card, pin, apdu->data + WIDTH) : status;
}

/* The user's, with the PUK. */
unsigned eid_reset(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned status;

	(void)answer;
	if (apdu->p2 != REFERENCE_USER)
		return SW_NO_REFERENCE;
	if (apdu->length != 2 * (size_t)WIDTH)
		return SW_LENGTH;
	status = try(card, PIN_PUK, apdu->data);
	return status == SW_OK ? set(card, PIN_USER, apdu->data + WIDTH) : status;
}

unsigned eid_logout(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)apdu;
	(void)answer;
	card->verified = 0;
	return SW_OK;
}

/* PIN and PUK, then the tries of each. The SO's PUK is not kept. */
unsigned eid_put_pin(struct card *card, const struct apdu *apdu)
{
	const unsigned char *tries = apdu->data + 2 * WIDTH;
	unsigned status;
	enum pin pin;

	if (!eid_pin(apdu->p2, &pin))
		return SW_NO_REFERENCE;
	if (apdu->length < 2 * (size_t)WIDTH + 2)
		return SW_LENGTH;
	if (card->owner.active)
		return SW_NOT_ALLOWED;
	card->owner.pins[pin].most = tries[0];
	card->owner.pins[PIN_PUK].most = tries[1];
	status = set(card, pin, apdu->data);
	return status != SW_OK || pin == PIN_SO ? status : set(card, PIN_PUK, apdu->data + WIDTH);
}
