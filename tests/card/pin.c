/* PINs and their counters, the same in every family. */
#include <string.h>

#include "card.h"

bool pin_verified(const struct card *card, enum pin pin)
{
	return (card->verified & 1u << pin) != 0;
}

static unsigned refuse(const struct secret *secret)
{
	return secret->left > 0 ? SW_TRIES + (unsigned)(secret->left & 0xf) : SW_BLOCKED;
}

unsigned pin_state(const struct card *card, enum pin pin)
{
	const struct secret *secret = &card->owner.pins[pin];

	if (secret->text[0] == 0)
		return SW_UNUSABLE;
	return pin_verified(card, pin) ? SW_OK : refuse(secret);
}

/* A try costs one before it is looked at: power that goes in between gives none back. */
unsigned pin_try(struct card *card, enum pin pin, const void *text, size_t length)
{
	struct secret *secret = &card->owner.pins[pin];

	if (secret->text[0] == 0)
		return SW_UNUSABLE;
	card->verified &= ~(1u << pin);
	if (secret->left <= 0)
		return SW_BLOCKED;
	secret->left--;
	if (!store_write_owner(&card->owner))
		return SW_MEMORY;
	if (length != strlen(secret->text) || memcmp(text, secret->text, length) != 0)
		return refuse(secret);
	secret->left = secret->most;
	card->verified |= 1u << pin;
	return store_write_owner(&card->owner) ? SW_OK : SW_MEMORY;
}

unsigned pin_set(struct card *card, enum pin pin, const void *text, size_t length)
{
	struct secret *secret = &card->owner.pins[pin];

	if (length > PIN_MAX)
		return SW_LENGTH;
	memcpy(secret->text, text, length);
	secret->text[length] = 0;
	secret->left = secret->most;
	return store_write_owner(&card->owner) ? SW_OK : SW_MEMORY;
}
