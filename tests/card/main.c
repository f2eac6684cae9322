/* card PORT [FAMILY]: the card of $CARD_STORE in the reader of the vpcd on that port, until it is ended; see README.md. FAMILY is
 * that of a new one. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "card.h"
#include "wire.h"

/* How soon it notices that it was pulled, put back, or that a reader is there, in milliseconds. */
#define LOOK 20
#define ATR_MAX 33

static void lose_power(struct card *card)
{
	card->verified = 0;
	card->file = card->folder = 0;
}

/* The family's, unless the store has another one. */
static void send_atr(const struct card *card, struct wire *wire)
{
	unsigned char other[ATR_MAX];
	char path[PATH];
	FILE *file = store_path(path, "atr") ? fopen(path, "rb") : NULL;

	if (file) {
		wire_send(wire, other, fread(other, 1, sizeof other, file));
		fclose(file);
	} else {
		wire_send(wire, card->family->atr, card->family->atr_length);
	}
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
		send_atr(card, wire);
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

	if (count < 2 || count > 3 || !folder) {
		fprintf(stderr, "usage: CARD_STORE=FOLDER card PORT [sc-hsm|myeid]\n");
		return 2;
	}
	if (!store_open(folder, count == 3 ? arguments[2] : "sc-hsm") || !store_read_owner(&card.owner) ||
	    !(card.family = family_find(card.owner.family))) {
		fprintf(stderr, "card: %s: no store of a card\n", folder);
		return 1;
	}
	run(&card, (uint16_t)strtol(arguments[1], NULL, 10));
}
