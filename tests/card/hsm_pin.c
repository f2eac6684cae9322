/* The user's PIN and the SO's: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, INITIALIZE DEVICE. */
#include <stdio.h>
#include <string.h>

#include "hsm.h"

enum { REFERENCE_USER = 0x81, REFERENCE_SO = 0x88, USER_MIN = 6, USER_MAX = 15, SO_PIN = 8 };
enum { TAG_USER_PIN = 0x81, TAG_SO_PIN = 0x82, TAG_TRIES = 0x91 };

/* The SO's PIN is eight bytes on the wire and sixteen digits in the store. */
static void so_digits(char digits[2 * SO_PIN + 1], const unsigned char *bytes)
{
	for (size_t i = 0; i < SO_PIN; i++)
		snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
}

static unsigned try_so(struct card *card, const unsigned char *pin)
{
	char digits[2 * SO_PIN + 1];

	so_digits(digits, pin);
	return pin_try(card, PIN_SO, digits, 2 * SO_PIN);
}

static unsigned set_so(struct card *card, const unsigned char *pin)
{
	char digits[2 * SO_PIN + 1];

	so_digits(digits, pin);
	return pin_set(card, PIN_SO, digits, 2 * SO_PIN);
}

static unsigned set_user(struct card *card, const unsigned char *pin, size_t length)
{
	return length < USER_MIN || length > USER_MAX ? SW_LENGTH : pin_set(card, PIN_USER, pin, length);
}

/* Without data it says how things are; the SO is never logged in. */
static unsigned ask(struct card *card, unsigned reference)
{
	if (reference == REFERENCE_USER || pin_state(card, PIN_USER) == SW_UNUSABLE)
		return pin_state(card, PIN_USER);
	card->verified &= ~(1u << PIN_SO);
	return pin_state(card, PIN_SO);
}

unsigned hsm_verify(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)answer;
	if (apdu->p2 != REFERENCE_USER && apdu->p2 != REFERENCE_SO)
		return SW_NO_REFERENCE;
	if (apdu->length == 0)
		return ask(card, apdu->p2);
	if (apdu->p2 == REFERENCE_USER)
		return pin_try(card, PIN_USER, apdu->data, apdu->length);
	return apdu->length == SO_PIN ? try_so(card, apdu->data) : SW_LENGTH;
}

/* The old PIN and the new one stand together; the card knows how long the old one is. */
unsigned hsm_change(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	size_t old = strlen(card->owner.pins[PIN_USER].text);
	unsigned status;

	(void)answer;
	if (apdu->p2 == REFERENCE_SO) {
		if (apdu->length != 2 * SO_PIN)
			return SW_LENGTH;
		status = try_so(card, apdu->data);
		if (status != SW_OK)
			return status;
		return set_so(card, apdu->data + SO_PIN);
	}
	if (apdu->p2 != REFERENCE_USER)
		return SW_NO_REFERENCE;
	if (apdu->length < old)
		old = apdu->length;
	status = pin_try(card, PIN_USER, apdu->data, old);
	return status == SW_OK ? set_user(card, apdu->data + old, apdu->length - old) : status;
}

/* The SO's PIN, and with P1 = 0 a new one for the user. */
unsigned hsm_reset(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned status;

	(void)answer;
	if (apdu->p2 != REFERENCE_USER)
		return SW_NO_REFERENCE;
	if (apdu->p1 > 1)
		return SW_PARAMETERS;
	if (apdu->length < SO_PIN)
		return SW_LENGTH;
	status = try_so(card, apdu->data);
	if (status != SW_OK)
		return status;
	if (apdu->p1 == 0)
		return set_user(card, apdu->data + SO_PIN, apdu->length - SO_PIN);
	card->owner.pins[PIN_USER].left = card->owner.pins[PIN_USER].most;
	return store_write_owner(&card->owner) ? SW_OK : SW_MEMORY;
}

static void delete_all(void)
{
	unsigned files[FILES_MAX];
	size_t count = store_list(files, FILES_MAX);

	for (size_t i = 0; i < count; i++)
		if (files[i] != FILE_DEVICE)
			store_delete(files[i]);
}

/* A new card takes any SO PIN, a used one only its own; all files go, but the device certificate. */
unsigned hsm_initialize(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct tlv pin, so_pin, tries;
	unsigned status;

	(void)answer;
	if (!tlv_find(apdu->data, apdu->length, TAG_USER_PIN, &pin) ||
	    !tlv_find(apdu->data, apdu->length, TAG_SO_PIN, &so_pin) || so_pin.length != SO_PIN ||
	    !tlv_find(apdu->data, apdu->length, TAG_TRIES, &tries) || tries.length != 1)
		return SW_DATA;
	status = card->owner.pins[PIN_SO].text[0] ? try_so(card, so_pin.data) : SW_OK;
	if (status != SW_OK)
		return status;
	delete_all();
	card->verified = 0;
	card->file = 0;
	card->owner.pins[PIN_USER].most = tries.data[0];
	status = set_so(card, so_pin.data);
	return status != SW_OK ? status : set_user(card, pin.data, pin.length);
}
