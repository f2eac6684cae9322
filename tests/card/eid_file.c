/* Files of a MyEID: SELECT, READ BINARY, UPDATE BINARY, CREATE FILE, DELETE FILE. */
#include <string.h>

#include "eid.h"

enum { SELECT_IDENTIFIER = 0, SELECT_PARENT = 3, SELECT_NAME = 4, SELECT_PATH = 8, SELECT_FROM_HERE = 9 }; /* P1 */
enum { ANSWER_NOTHING = 0x0c };										   /* P2 */
enum { STATUS_NEW = 1, STATUS_ACTIVE = 7 };

static const unsigned char applet[] = {0xa0, 0x00, 0x00, 0x00, 0x63, 'P', 'K', 'C', 'S', '-', '1', '5'};

unsigned eid_number(const unsigned char bytes[2])
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

bool eid_load(unsigned id, struct eid_file *file)
{
	struct answer content;

	if (!store_read(id, &content) || content.length < sizeof file->head)
		return false;
	file->id = id;
	file->length = content.length - sizeof file->head;
	memcpy(&file->head, content.data, sizeof file->head);
	memcpy(file->bytes, content.data + sizeof file->head, file->length);
	return true;
}

unsigned eid_keep(const struct card *card, const struct eid_file *file)
{
	struct answer content;

	memcpy(content.data, &file->head, sizeof file->head);
	memcpy(content.data + sizeof file->head, file->bytes, file->length);
	return store_write(&card->owner, file->id, content.data, sizeof file->head + file->length);
}

bool eid_forbids(const struct card *card, const struct eid_file *file, enum eid_access access)
{
	unsigned byte = file->head.access[access / 2], reference = access % 2 == 0 ? byte >> 4 : byte & 0xf;
	enum pin pin;

	if (!card->owner.active || reference == 0)
		return false;
	return !eid_pin(reference, &pin) || !pin_verified(card, pin);
}

static void describe(const struct card *card, const struct eid_file *file, struct answer *answer)
{
	const unsigned char id[] = {(unsigned char)(file->id >> 8), (unsigned char)(file->id & 0xff)};
	const unsigned char status[] = {card->owner.active ? STATUS_ACTIVE : STATUS_NEW};
	struct writer writer;
	size_t end;

	writer_init(&writer);
	end = writer.at;
	writer_put(&writer, 0x8a, status, sizeof status);
	if (file->id == FOLDER_APPLET)
		writer_put(&writer, 0x84, applet, sizeof applet);
	writer_put(&writer, 0x85, file->head.more, sizeof file->head.more);
	writer_put(&writer, 0x86, file->head.access, sizeof file->head.access);
	writer_put(&writer, 0x83, id, sizeof id);
	writer_put(&writer, 0x82, &file->head.kind, 1);
	writer_put(&writer, file->head.kind == KIND_DATA ? 0x80 : 0x81, file->head.size, sizeof file->head.size);
	writer_wrap(&writer, 0x6f, end);
	answer->length = end - writer.at;
	memcpy(answer->data, writer.bytes + writer.at, answer->length);
}

/* From a folder down a path of identifiers. */
static bool walk(unsigned from, const struct apdu *apdu, struct eid_file *file)
{
	for (size_t i = 0; i + 2 <= apdu->length; i += 2) {
		if (!eid_load(eid_number(apdu->data + i), file) || eid_number(file->head.parent) != from)
			return false;
		from = file->id;
	}
	return apdu->length >= 2 && apdu->length % 2 == 0;
}

static bool find(const struct card *card, const struct apdu *apdu, struct eid_file *file)
{
	bool named = apdu->length == sizeof applet && memcmp(apdu->data, applet, sizeof applet) == 0;

	switch (apdu->p1) {
	case SELECT_NAME:
		return named && eid_load(FOLDER_APPLET, file);
	case SELECT_PATH:
		return walk(FOLDER_MASTER, apdu, file);
	case SELECT_FROM_HERE:
		return walk(card->folder, apdu, file);
	case SELECT_PARENT:
		return eid_load(card->folder, file) && eid_load(eid_number(file->head.parent), file);
	case SELECT_IDENTIFIER:
		if (apdu->length == 2 && eid_number(apdu->data) == FOLDER_MASTER)
			return eid_load(FOLDER_MASTER, file);
		return walk(card->folder, apdu, file);
	default:
		return false;
	}
}

/* A login stays, also when the applet is selected by its name: another program's coming does not end it. */
unsigned eid_select(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct eid_file file;

	if (card->folder == 0)
		card->folder = FOLDER_MASTER;
	if (!find(card, apdu, &file))
		return SW_NO_FILE;
	card->file = file.id;
	card->folder = file.head.kind == KIND_FOLDER ? file.id : eid_number(file.head.parent);
	if (apdu->p2 != ANSWER_NOTHING)
		describe(card, &file, answer);
	return SW_OK;
}

/* The selected file of data, if that may be done with it. */
static unsigned open_data(const struct card *card, enum eid_access access, struct eid_file *file)
{
	if (!eid_load(card->file, file))
		return SW_NO_FILE;
	if (file->head.kind != KIND_DATA || eid_forbids(card, file, access))
		return SW_NOT_ALLOWED;
	return SW_OK;
}

unsigned eid_read(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	size_t offset = apdu->p1 << 8 | apdu->p2, rest;
	struct eid_file file;
	unsigned status = open_data(card, ACCESS_USE, &file);

	if (status != SW_OK)
		return status;
	if (offset > file.length)
		return SW_OFFSET;
	rest = file.length - offset;
	answer->length = rest < apdu->expected ? rest : apdu->expected;
	memcpy(answer->data, file.bytes + offset, answer->length);
	return rest < apdu->expected ? SW_FILE_END : SW_OK;
}

unsigned eid_update(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	size_t offset = apdu->p1 << 8 | apdu->p2;
	struct eid_file file;
	unsigned status = open_data(card, ACCESS_UPDATE, &file);

	(void)answer;
	if (status != SW_OK)
		return status;
	if (offset + apdu->length > file.length)
		return SW_OFFSET;
	if (apdu->length > 0)
		memcpy(file.bytes + offset, apdu->data, apdu->length);
	return eid_keep(card, &file);
}

/* Copies what has to have that length. */
static bool take(const struct tlv *from, unsigned tag, unsigned char *to, size_t length)
{
	struct tlv element;

	if (!tlv_find(from->data, from->length, tag, &element) || element.length != length)
		return false;
	memcpy(to, element.data, length);
	return true;
}

static bool take_head(const struct apdu *apdu, struct eid_file *file)
{
	unsigned char id[2];
	struct tlv whole;

	*file = (struct eid_file){0};
	if (!tlv_find(apdu->data, apdu->length, 0x62, &whole) || !take(&whole, 0x82, &file->head.kind, 1) ||
	    !take(&whole, 0x83, id, sizeof id) || !take(&whole, 0x86, file->head.access, sizeof file->head.access) ||
	    !take(&whole, 0x85, file->head.more, sizeof file->head.more))
		return false;
	file->id = eid_number(id);
	return take(&whole, 0x80, file->head.size, 2) || take(&whole, 0x81, file->head.size, 2);
}

unsigned eid_create(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct eid_file folder, file;

	(void)answer;
	if (!take_head(apdu, &file) || !eid_load(card->folder, &folder))
		return SW_DATA;
	if (eid_forbids(card, &folder, ACCESS_USE))
		return SW_NOT_ALLOWED;
	if (store_has(file.id))
		return SW_EXISTS;
	file.head.parent[0] = (unsigned char)(folder.id >> 8);
	file.head.parent[1] = (unsigned char)(folder.id & 0xff);
	file.length = file.head.kind == KIND_DATA ? eid_number(file.head.size) : 0;
	if (file.length > sizeof file.bytes)
		return SW_FULL;
	card->file = file.id;
	return eid_keep(card, &file);
}

unsigned eid_delete(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	struct eid_file file;

	(void)apdu;
	(void)answer;
	if (!eid_load(card->file, &file))
		return SW_NO_FILE;
	if (file.head.kind == KIND_FOLDER || eid_forbids(card, &file, ACCESS_DELETE))
		return SW_NOT_ALLOWED;
	card->file = 0;
	return store_delete(file.id);
}
