/* card PORT: the card of $CARD_STORE in the reader of the vpcd on that port, until it is ended; see README.md. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "card.h"
#include "wire.h"

/* How soon it notices that it was pulled, put back, or that a reader is there, in milliseconds. */
#define LOOK 20

/* A SmartCard-HSM's: by it OpenSC knows what it has. */
static const unsigned char atr[] = {0x3b, 0xfe, 0x18, 0x00, 0x00, 0x81, 0x31, 0xfe, 0x45, 0x80, 0x31, 0x81,
				    0x54, 0x48, 0x53, 0x4d, 0x31, 0x73, 0x80, 0x21, 0x40, 0x81, 0x07, 0xfa};

static void lose_power(struct card *card)
{
	card->verified = false;
	card->file = 0;
}

static void control(struct card *card, struct wire *wire)
{
	switch (wire->bytes[0]) {
	case WIRE_OFF:
	case WIRE_ON:
	case WIRE_RESET:
		lose_power(card);
		break;
	case WIRE_ATR:
		wire_send(wire, atr, sizeof atr);
		break;
	default:
		break;
	}
}

static void serve(struct card *card, struct wire *wire)
{
	static struct answer answer;

	if (wire->length == 1)
		control(card, wire);
	else if (apdu_answer(card, wire->bytes, wire->length, &answer))
		wire_send(wire, answer.data, answer.length);
	else
		wire_pull(wire);
}

static void run(struct card *card, uint16_t port)
{
	static struct wire wire;

	wire_init(&wire);
	for (;;) {
		if (!fault_plugged())
			wire_pull(&wire);
		else if (wire.fd < 0 && wire_plug(&wire, port))
			lose_power(card);
		if (wire.fd < 0)
			usleep(LOOK * 1000);
		else if (wire_receive(&wire, LOOK))
			serve(card, &wire);
	}
}

int main(int count, char **arguments)
{
	const char *folder = getenv("CARD_STORE");
	static struct card card;

	if (count != 2 || !folder) {
		fprintf(stderr, "usage: CARD_STORE=FOLDER card PORT\n");
		return 2;
	}
	if (!store_open(folder)) {
		fprintf(stderr, "card: %s: no store of a card\n", folder);
		return 1;
	}
	run(&card, (uint16_t)strtol(arguments[1], NULL, 10));
}
