/* The user's PIN and the SO's: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, INITIALIZE DEVICE. */
#include <stdio.h>
#include <string.h>

#include "card.h"

enum { PIN_USER = 0x81, PIN_SO = 0x88, PIN_MIN = 6 };
enum { TAG_USER_PIN = 0x81, TAG_SO_PIN = 0x82, TAG_TRIES = 0x91 };

/* The SO's PIN is eight bytes on the wire and sixteen digits in the store. */
static void so_digits(char digits[2 * SO_PIN + 1], const unsigned char *bytes)
{
	for (size_t i = 0; i < SO_PIN; i++)
		snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
}

static unsigned refuse(long left)
{
	return left > 0 ? SW_TRIES + (unsigned)(left & 0xf) : SW_BLOCKED;
}

/* A try costs one before it is looked at: power that goes in between gives none back. */
static unsigned try_user(struct card *card, const unsigned char *pin, size_t length)
{
	struct owner *owner = &card->owner;

	if (owner->pin[0] == 0)
		return SW_UNUSABLE;
	card->verified = false;
	if (owner->left <= 0)
		return SW_BLOCKED;
	owner->left--;
	if (!store_write_owner(owner))
		return SW_MEMORY;
	if (length != strlen(owner->pin) || memcmp(pin, owner->pin, length) != 0)
		return refuse(owner->left);
	owner->left = owner->tries;
	card->verified = true;
	return store_write_owner(owner) ? SW_OK : SW_MEMORY;
}

static unsigned try_so(struct card *card, const unsigned char *pin)
{
	struct owner *owner = &card->owner;
	char digits[2 * SO_PIN + 1];

	if (owner->so_left <= 0)
		return SW_BLOCKED;
	owner->so_left--;
	if (!store_write_owner(owner))
		return SW_MEMORY;
	so_digits(digits, pin);
	if (strcmp(digits, owner->so_pin) != 0)
		return refuse(owner->so_left);
	owner->so_left = 15;
	return store_write_owner(owner) ? SW_OK : SW_MEMORY;
}

static unsigned set_user(struct card *card, const unsigned char *pin, size_t length)
{
	struct owner *owner = &card->owner;

	if (length < PIN_MIN || length > PIN_MAX)
		return SW_LENGTH;
	memcpy(owner->pin, pin, length);
	owner->pin[length] = 0;
	owner->left = owner->tries;
	return store_write_owner(owner) ? SW_OK : SW_MEMORY;
}

/* Without data it says how things are. */
static unsigned ask(const struct card *card, unsigned reference)
{
	const struct owner *owner = &card->owner;

	if (owner->pin[0] == 0)
		return SW_UNUSABLE;
	if (reference == PIN_SO)
		return refuse(owner->so_left);
	return card->verified ? SW_OK : refuse(owner->left);
}

unsigned pin_verify(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)answer;
	if (apdu->p2 != PIN_USER && apdu->p2 != PIN_SO)
		return SW_NO_REFERENCE;
	if (apdu->length == 0)
		return ask(card, apdu->p2);
	if (apdu->p2 == PIN_USER)
		return try_user(card, apdu->data, apdu->length);
	return apdu->length == SO_PIN ? try_so(card, apdu->data) : SW_LENGTH;
}

/* The old PIN and the new one stand together; the card knows how long the old one is. */
unsigned pin_change(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	size_t old = strlen(card->owner.pin);
	unsigned status;

	(void)answer;
	if (apdu->p2 == PIN_SO) {
		if (apdu->length != 2 * SO_PIN)
			return SW_LENGTH;
		status = try_so(card, apdu->data);
		if (status != SW_OK)
			return status;
		so_digits(card->owner.so_pin, apdu->data + SO_PIN);
		return store_write_owner(&card->owner) ? SW_OK : SW_MEMORY;
	}
	if (apdu->p2 != PIN_USER)
		return SW_NO_REFERENCE;
	if (apdu->length < old)
		old = apdu->length;
	status = try_user(card, apdu->data, old);
	return status == SW_OK ? set_user(card, apdu->data + old, apdu->length - old) : status;
}

/* The SO's PIN, and with P1 = 0 a new one for the user. */
unsigned pin_reset(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned status;

	(void)answer;
	if (apdu->p2 != PIN_USER)
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
	card->owner.left = card->owner.tries;
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
unsigned pin_initialize(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct tlv pin, so_pin, tries;
	unsigned status;

	(void)answer;
	if (!tlv_find(apdu->data, apdu->length, TAG_USER_PIN, &pin) ||
	    !tlv_find(apdu->data, apdu->length, TAG_SO_PIN, &so_pin) || so_pin.length != SO_PIN ||
	    !tlv_find(apdu->data, apdu->length, TAG_TRIES, &tries) || tries.length != 1)
		return SW_DATA;
	status = card->owner.so_pin[0] ? try_so(card, so_pin.data) : SW_OK;
	if (status != SW_OK)
		return status;
	delete_all();
	card->verified = false;
	card->file = 0;
	card->owner.tries = tries.data[0];
	so_digits(card->owner.so_pin, so_pin.data);
	return set_user(card, pin.data, pin.length);
}
