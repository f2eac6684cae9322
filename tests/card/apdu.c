/* What a command APDU says (ISO 7816-4, 5.1). */
#include <stdio.h>
#include <string.h>

#include "card.h"

enum { CHAINED = 0x10, NO_COMMAND = 0x100 }; /* CLA: more of the command's data follows; no INS */

/* What came of the data of a command in parts. */
static struct {
	unsigned ins;
	unsigned char data[FILE_MAX];
	size_t length;
} chain;

static const struct row *find(const struct card *card, const struct apdu *apdu)
{
	const struct row *row = card->family->rows;

	while (row->work && (row->cla != (apdu->cla & ~(unsigned)CHAINED) || row->ins != apdu->ins))
		row++;
	return row;
}

static size_t expect(const unsigned char *at, size_t left)
{
	size_t value = left == 1 ? at[0] : (size_t)at[left - 2] << 8 | at[left - 1];

	return value ? value : left == 1 ? 0x100 : 0x10000;
}

/* The seven cases: without data, with data, each with and without Le, short and extended. */
static bool parse(const unsigned char *bytes, size_t length, struct apdu *apdu)
{
	const unsigned char *at = bytes + 4;
	size_t left = length - 4, head = 1;

	if (length < 4)
		return false;
	*apdu = (struct apdu){.cla = bytes[0], .ins = bytes[1], .p1 = bytes[2], .p2 = bytes[3]};
	if (left == 0)
		return true;
	if (left == 1 || (left == 3 && at[0] == 0)) {
		apdu->expected = expect(at, left);
		return true;
	}
	apdu->length = at[0];
	if (at[0] == 0 && left > 3) {
		head = 3;
		apdu->length = (size_t)at[1] << 8 | at[2];
	}
	if (apdu->length == 0 || apdu->length > left - head)
		return false;
	apdu->data = at + head;
	left -= head + apdu->length;
	if (left > 2)
		return false;
	if (left > 0)
		apdu->expected = expect(apdu->data + apdu->length, left);
	return true;
}

/* false: there is more to come, or too much. */
static bool gather(struct apdu *apdu)
{
	bool last = !(apdu->cla & CHAINED), fits;

	if (chain.ins != apdu->ins)
		chain.length = 0;
	chain.ins = apdu->ins;
	fits = chain.length + apdu->length <= sizeof chain.data;
	if (fits && apdu->length > 0)
		memcpy(chain.data + chain.length, apdu->data, apdu->length);
	chain.length = fits ? chain.length + apdu->length : 0;
	if (!last || !fits)
		return false;
	apdu->data = chain.data;
	apdu->length = chain.length;
	chain.length = 0;
	return true;
}

static unsigned carry_out(struct card *card, const struct row *row, struct apdu *apdu, struct answer *answer)
{
	if (!row->work)
		return SW_NO_COMMAND;
	if (row->user && !pin_verified(card, PIN_USER))
		return SW_NOT_ALLOWED;
	if (!gather(apdu))
		return SW_OK;
	return row->work(card, apdu, answer);
}

static void list(const struct row *row, size_t length, const struct answer *answer, unsigned status)
{
	char path[PATH];
	FILE *file;

	if (!store_path(path, "apdus"))
		return;
	file = fopen(path, "a");
	if (!file)
		return;
	if (status == FAULT_GONE)
		fprintf(file, "%s %zu\n", row->name, length);
	else
		fprintf(file, "%s %zu %zu %04X\n", row->name, length, answer->length, status);
	fclose(file);
}

bool apdu_answer(struct card *card, const unsigned char *bytes, size_t length, struct answer *answer)
{
	struct apdu apdu = {.ins = NO_COMMAND};
	bool good = parse(bytes, length, &apdu);
	const struct row *row = find(card, &apdu);
	unsigned status, fault;

	answer->length = 0;
	if (!store_read_owner(&card->owner))
		return false;
	status = fault_meet(row->name, row->writes, false);
	if (status == FAULT_NONE) {
		status = good ? carry_out(card, row, &apdu, answer) : SW_LENGTH;
		fault = fault_meet(row->name, row->writes, true);
		if (fault != FAULT_NONE) {
			status = fault;
			answer->length = 0;
		}
	}
	list(row, length, answer, status);
	if (status == FAULT_GONE)
		return false;
	answer->data[answer->length++] = (unsigned char)(status >> 8);
	answer->data[answer->length++] = (unsigned char)(status & 0xff);
	return true;
}
