/* What a command APDU says (ISO 7816-4, 5.1), and the table of commands. */
#include <stdio.h>
#include <string.h>

#include "card.h"

static const struct row {
	unsigned cla, ins;
	const char *name;  /* in the fault script and the list of APDUs */
	bool writes, user; /* user: with the PIN only */
	command work;
} rows[] = {
	{0x00, 0x20, "VERIFY", false, false, pin_verify},
	{0x00, 0x24, "CHANGE", false, false, pin_change},
	{0x00, 0x2c, "RESET_RETRY", false, false, pin_reset},
	{0x00, 0x46, "GENERATE", true, true, key_generate},
	{0x00, 0x84, "CHALLENGE", false, false, key_challenge},
	{0x00, 0xa4, "SELECT", false, false, file_select},
	{0x00, 0xb1, "READ", false, false, file_read},
	{0x00, 0xd7, "UPDATE", true, true, file_update},
	{0x00, 0xe4, "DELETE", true, true, file_delete},
	{0x80, 0x50, "INITIALIZE", true, false, pin_initialize},
	{0x80, 0x58, "ENUMERATE", false, false, file_enumerate},
	{0x80, 0x62, "DECIPHER", false, true, key_use},
	{0x80, 0x68, "SIGN", false, true, key_use},
	{0, 0, "OTHER", false, false, NULL},
};

static const struct row *find(const struct apdu *apdu)
{
	const struct row *row = rows;

	while (row->work && (row->cla != apdu->cla || row->ins != apdu->ins))
		row++;
	return row;
}

bool apdu_has(const char *name)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].name, name) == 0)
			return true;
	return false;
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

static unsigned carry_out(struct card *card, const struct row *row, const struct apdu *apdu, struct answer *answer)
{
	if (!row->work)
		return SW_NO_COMMAND;
	if (row->user && !card->verified)
		return SW_NOT_ALLOWED;
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
	struct apdu apdu;
	bool good = parse(bytes, length, &apdu);
	const struct row *row = good ? find(&apdu) : &rows[sizeof rows / sizeof rows[0] - 1];
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
