/* A MyEID: a file system with access conditions, on which PKCS#15 is laid by OpenSC. */
#ifndef KH_TESTS_CARD_EID_H
#define KH_TESTS_CARD_EID_H

#include "card.h"

enum { FOLDER_MASTER = 0x3f00, FOLDER_APPLET = 0x5015 };
enum { KIND_DATA = 0x01, KIND_RSA = 0x11, KIND_EC = 0x22, KIND_FOLDER = 0x38 };

/* Before the bytes of a file in the store: what its SELECT tells, and where it is. */
struct eid_head {
	unsigned char kind, size[2]; /* of data in bytes, of a key in bits */
	unsigned char parent[2];
	unsigned char access[3], more[2];
};

/* A file of data has its bytes, a key its private key in DER once it is made, a folder none. */
struct eid_file {
	unsigned id;
	struct eid_head head;
	unsigned char bytes[FILE_MAX - sizeof(struct eid_head)];
	size_t length;
};

/* Four bits each in head.access: the PIN that it needs, 0: none, 15: never. ACCESS_USE is to read, to use a key, to create in a
 * folder. */
enum eid_access { ACCESS_USE, ACCESS_UPDATE, ACCESS_DELETE, ACCESS_GENERATE };

bool eid_load(unsigned id, struct eid_file *file);
unsigned eid_keep(const struct card *card, const struct eid_file *file);
/* While the card is not active nothing is forbidden. */
bool eid_forbids(const struct card *card, const struct eid_file *file, enum eid_access access);
unsigned eid_number(const unsigned char bytes[2]);

/* eid_card.c: a new card is empty and not active. */
bool eid_make(struct owner *owner);
unsigned eid_get(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_put(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_activate(struct card *card, const struct apdu *apdu, struct answer *answer);

/* eid_file.c: they are about the selected file, or about the folder in which it is. */
unsigned eid_select(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_read(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_update(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_create(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_delete(struct card *card, const struct apdu *apdu, struct answer *answer);

/* eid_pin.c; eid_put_pin is a part of eid_put. */
unsigned eid_verify(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_change(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_reset(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_logout(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_put_pin(struct card *card, const struct apdu *apdu);
/* The PIN of a reference; false: there is none. */
bool eid_pin(unsigned reference, enum pin *pin);

/* eid_key.c: the selected file is the key; eid_get_key is a part of eid_get. */
unsigned eid_generate(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_environment(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_use(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned eid_get_key(const struct card *card, bool point, struct answer *answer);

#endif
