/* Files: SELECT, READ and UPDATE BINARY with odd instructions, DELETE FILE, ENUMERATE OBJECTS. */
#include <string.h>

#include "hsm.h"

enum { TAG_DATA = 0x53, TAG_OFFSET = 0x54 };
enum { SELECT_FILE = 0, SELECT_APPLET = 4, SELECT_PATH = 8 }; /* P1; a path has one file: there are no folders */

static const unsigned char applet[] = {0xe8, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3, 0x1f, 0x02, 0x01};

static bool is_key(unsigned file)
{
	return (file & 0xff00) == FILE_KEY;
}

static bool take_identifier(const struct apdu *apdu, unsigned *file)
{
	if (apdu->length != 2)
		return false;
	*file = (unsigned)apdu->data[0] << 8 | apdu->data[1];
	return true;
}

/* What a SELECT answers: FCP with the file's kind, its identifier and size; of the applet, its version in tag 85. */
static void describe(struct answer *answer, unsigned file, size_t size)
{
	const unsigned char length[] = {(unsigned char)(size >> 8), (unsigned char)(size & 0xff)};
	const unsigned char identifier[] = {(unsigned char)(file >> 8), (unsigned char)(file & 0xff)};
	const unsigned char kind[] = {file ? 0x01 : 0x38}, version[] = {0x00, 0x03, 0x03, 0x05};
	struct writer writer;
	size_t end;

	writer_init(&writer);
	end = writer.at;
	if (!file)
		writer_put(&writer, 0x85, version, sizeof version);
	else
		writer_put(&writer, 0x83, identifier, sizeof identifier);
	writer_put(&writer, 0x82, kind, sizeof kind);
	writer_put(&writer, 0x81, length, sizeof length);
	writer_wrap(&writer, 0x62, end);
	answer->length = end - writer.at;
	memcpy(answer->data, writer.bytes + writer.at, answer->length);
}

/* The user's login ends when the applet is selected, by whichever program. */
static unsigned select_applet(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	if (apdu->length != sizeof applet || memcmp(apdu->data, applet, sizeof applet) != 0)
		return SW_NO_FILE;
	card->verified = 0;
	card->file = 0;
	describe(answer, 0, 0);
	return SW_OK;
}

unsigned hsm_select(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned file;

	if (apdu->p1 == SELECT_APPLET)
		return select_applet(card, apdu, answer);
	if ((apdu->p1 != SELECT_FILE && apdu->p1 != SELECT_PATH) || !take_identifier(apdu, &file))
		return SW_PARAMETERS;
	if (!store_read(file, answer))
		return SW_NO_FILE;
	card->file = file;
	describe(answer, file, answer->length);
	return SW_OK;
}

static bool take_offset(const struct apdu *apdu, size_t *offset)
{
	struct tlv element;

	if (!tlv_find(apdu->data, apdu->length, TAG_OFFSET, &element) || element.length != 2)
		return false;
	*offset = (size_t)element.data[0] << 8 | element.data[1];
	return true;
}

/* P1 and P2 are the file, or 0: the selected one. */
static unsigned target(const struct card *card, const struct apdu *apdu)
{
	unsigned file = apdu->p1 << 8 | apdu->p2;

	return file ? file : card->file;
}

unsigned hsm_read(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned file = target(card, apdu);
	size_t offset;

	if (!take_offset(apdu, &offset))
		return SW_DATA;
	if (is_key(file) || ((file & 0xff00) == FILE_PROTECTED && !pin_verified(card, PIN_USER)))
		return SW_NOT_ALLOWED;
	if (!store_read(file, answer))
		return SW_NO_FILE;
	if (offset > answer->length) {
		answer->length = 0;
		return SW_OFFSET;
	}
	answer->length -= offset;
	memmove(answer->data, answer->data + offset, answer->length);
	if (answer->length < apdu->expected)
		return SW_FILE_END;
	answer->length = apdu->expected;
	return SW_OK;
}

unsigned hsm_update(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned file = target(card, apdu), status;
	struct tlv data;
	size_t offset;

	if (!take_offset(apdu, &offset) || !tlv_find(apdu->data, apdu->length, TAG_DATA, &data))
		return SW_DATA;
	if (!file || is_key(file) || file == FILE_DEVICE)
		return SW_NOT_ALLOWED;
	store_read(file, answer);
	if (offset > answer->length)
		return SW_OFFSET;
	if (offset + data.length > FILE_MAX)
		return SW_FULL;
	memcpy(answer->data + offset, data.data, data.length);
	if (offset + data.length > answer->length)
		answer->length = offset + data.length;
	status = store_write(&card->owner, file, answer->data, answer->length);
	answer->length = 0;
	if (status == SW_OK)
		card->file = file;
	return status;
}

unsigned hsm_delete(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned file;

	(void)answer;
	if (!take_identifier(apdu, &file))
		return SW_DATA;
	if (file == FILE_DEVICE)
		return SW_NOT_ALLOWED;
	if (file == card->file)
		card->file = 0;
	return store_delete(file);
}

unsigned hsm_enumerate(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	unsigned files[FILES_MAX];
	size_t count = store_list(files, FILES_MAX);

	(void)card;
	(void)apdu;
	for (size_t i = 0; i < count; i++) {
		answer->data[answer->length++] = (unsigned char)(files[i] >> 8);
		answer->data[answer->length++] = (unsigned char)(files[i] & 0xff);
	}
	return SW_OK;
}

bool hsm_make(struct owner *owner)
{
	struct writer writer;

	owner->pins[PIN_USER] = (struct secret){.most = 3, .left = 3};
	owner->pins[PIN_SO] = (struct secret){.most = 15, .left = 15};
	cvc_write_device(&writer, owner->serial);
	return store_write(owner, FILE_DEVICE, writer.bytes + writer.at, sizeof writer.bytes - writer.at) == SW_OK;
}
