/* A MyEID as a whole: GET DATA, PUT DATA, ACTIVATE APPLET. */
#include <string.h>

#include "eid.h"

/* P2 of GET DATA and PUT DATA; P1 is 1. */
enum { GET_MODULUS = 0x01, GET_POINT = 0x86, GET_INFORMATION = 0xa0, GET_CAPABILITIES = 0xaa, PUT_INITIALIZE = 0xe0 };
enum { ACCESS_MASTER = 2, ACCESS_APPLET = 5, INITIALIZE_LENGTH = 8 }; /* where they are in the data of PUT_INITIALIZE */

/* The user makes files, the SO initializes: as OpenSC's `pkcs15-init --erase-card` sets it. */
static const unsigned char factory[INITIALIZE_LENGTH] = {0xff, 0xff, 0x11, 0x3f, 0xff, 0x11, 0x1f, 0xff};

static unsigned make_folder(const struct card *card, unsigned id, unsigned parent, const unsigned char access[3])
{
	struct eid_file folder = {.id = id, .head.kind = KIND_FOLDER};

	folder.head.parent[0] = (unsigned char)(parent >> 8);
	folder.head.parent[1] = (unsigned char)(parent & 0xff);
	memcpy(folder.head.access, access, 3);
	return eid_keep(card, &folder);
}

static unsigned make_folders(const struct card *card, const unsigned char access[INITIALIZE_LENGTH])
{
	unsigned status = make_folder(card, FOLDER_MASTER, 0, access + ACCESS_MASTER);

	return status == SW_OK ? make_folder(card, FOLDER_APPLET, FOLDER_MASTER, access + ACCESS_APPLET) : status;
}

bool eid_make(struct owner *owner)
{
	const struct card card = {.owner = *owner};

	return make_folders(&card, factory) == SW_OK;
}

/* All files go, and the PINs; who may do that is said by the master folder. */
static unsigned initialize(struct card *card, const struct apdu *apdu)
{
	unsigned files[FILES_MAX];
	size_t count = store_list(files, FILES_MAX);
	struct eid_file master;

	if (apdu->length != INITIALIZE_LENGTH)
		return SW_LENGTH;
	if (eid_load(FOLDER_MASTER, &master) && eid_forbids(card, &master, ACCESS_DELETE))
		return SW_NOT_ALLOWED;
	for (size_t i = 0; i < count; i++)
		store_delete(files[i]);
	memset(card->owner.pins, 0, sizeof card->owner.pins);
	card->owner.active = 0;
	card->verified = card->file = card->folder = 0;
	return store_write_owner(&card->owner) ? make_folders(card, apdu->data) : SW_MEMORY;
}

unsigned eid_put(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)answer;
	if (apdu->p1 != 1)
		return SW_PARAMETERS;
	return apdu->p2 == PUT_INITIALIZE ? initialize(card, apdu) : eid_put_pin(card, apdu);
}

/* From now on the access conditions hold. */
unsigned eid_activate(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	(void)apdu;
	(void)answer;
	card->owner.active = 1;
	return store_write_owner(&card->owner) ? SW_OK : SW_MEMORY;
}

/* Version 4.5.0, the last ten characters of the serial number, and a count of changes that OpenSC does not look at. */
static void put_information(const struct card *card, struct answer *answer)
{
	static const unsigned char begin[] = {'M', 'y', 'E', 'I', 'D', 4, 5, 0};
	const char *serial = card->owner.serial;

	answer->length = 20;
	memset(answer->data, 0, answer->length);
	memcpy(answer->data, begin, sizeof begin);
	memcpy(answer->data + sizeof begin, serial + strlen(serial) - 10, 10);
}

/* RSA and EC; the most bits of RSA, DES, AES and EC. */
static const unsigned char capabilities[] = {1, 0x00, 0x09, 0x10, 0x00, 0, 0, 0, 0, 0x01, 0x80};

unsigned eid_get(struct card *card, const struct apdu *apdu, struct answer *answer)
{
	if (apdu->p1 != 1)
		return SW_PARAMETERS;
	switch (apdu->p2) {
	case GET_INFORMATION:
		put_information(card, answer);
		return SW_OK;
	case GET_CAPABILITIES:
		answer->length = sizeof capabilities;
		memcpy(answer->data, capabilities, sizeof capabilities);
		return SW_OK;
	case GET_MODULUS:
	case GET_POINT:
		return eid_get_key(card, apdu->p2 == GET_POINT, answer);
	default:
		return SW_NO_REFERENCE;
	}
}
