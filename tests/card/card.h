/*
 * card: a SmartCard-HSM in software behind vsmartcard's virtual reader, for
 * tests (README.md). It keeps keys and PINs in clear: never for anything but
 * tests.
 *
 * An APDU's way: wire.c (vpcd's frames) → apdu.c (the table of commands; the
 * fault script before and after the work; the list of APDUs) → file.c, pin.c,
 * key.c, cvc.c → store.c for what stays.
 */
#ifndef KH_TESTS_CARD_CARD_H
#define KH_TESTS_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "tlv.h"

#define FILE_MAX 8192
#define FILES_MAX 256
#define PIN_MAX 15
#define SO_PIN 8
#define PATH 512

/* Status words (ISO 7816-4, 5.6). A refused PIN is SW_TRIES and the tries that are left. */
enum {
	SW_OK = 0x9000,
	SW_FILE_END = 0x6282,
	SW_TRIES = 0x63c0,
	SW_MEMORY = 0x6581,
	SW_LENGTH = 0x6700,
	SW_NOT_ALLOWED = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_UNUSABLE = 0x6984,
	SW_DATA = 0x6a80,
	SW_UNSUPPORTED = 0x6a81,
	SW_NO_FILE = 0x6a82,
	SW_FULL = 0x6a84,
	SW_PARAMETERS = 0x6a86,
	SW_NO_REFERENCE = 0x6a88,
	SW_OFFSET = 0x6b00,
	SW_NO_COMMAND = 0x6d00,
	SW_FAILED = 0x6f00
};

/* File identifiers: the high byte says what it is, the low one is the key's number. */
enum {
	FILE_KEY = 0xcc00,	 /* a private key: in the store in DER, never read by a command */
	FILE_PROTECTED = 0xcd00, /* data that is read with the PIN only */
	FILE_DEVICE = 0x2f02	 /* the device certificate, which has the serial number */
};

/* What stays, in the store's file `card`. */
struct owner {
	char serial[12];
	char pin[PIN_MAX + 1]; /* "" until INITIALIZE */
	char so_pin[2 * SO_PIN + 1];
	long tries, left, so_left; /* of the PIN: at most, now; the SO's now */
	long capacity;		   /* bytes in all files; 0: no limit */
};

struct card {
	struct owner owner;
	bool verified; /* by the user's PIN, until the applet is selected again or power goes */
	unsigned file; /* the selected one; 0: none */
};

/* A command without its header's parts that are not there: length or expected are then 0. */
struct apdu {
	unsigned cla, ins, p1, p2;
	const unsigned char *data;
	size_t length, expected;
};

struct answer {
	unsigned char data[FILE_MAX + 2]; /* and the status word */
	size_t length;
};

/* A command does its work and says the status word. */
typedef unsigned (*command)(struct card *card, const struct apdu *apdu, struct answer *answer);

/* apdu.c: whether a command has that name. apdu_answer: false: power went, there is no answer; else it ends with the status
 * word. */
bool apdu_has(const char *name);
bool apdu_answer(struct card *card, const unsigned char *bytes, size_t length, struct answer *answer);

/* store.c: the folder; a new card when there is none in it. A write is whole or was not. Those of files return a status word. */
bool store_open(const char *folder);
bool store_read_owner(struct owner *owner);
bool store_write_owner(const struct owner *owner);
bool store_has(unsigned file);
bool store_read(unsigned file, struct answer *content);
unsigned store_write(const struct card *card, unsigned file, const void *data, size_t length);
unsigned store_delete(unsigned file);
size_t store_list(unsigned *files, size_t most);
/* The path of a file in the store, and whether it is there. */
bool store_path(char path[PATH], const char *name);
bool store_replace(const char *name, const void *data, size_t length);

/* file.c */
unsigned file_select(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned file_read(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned file_update(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned file_delete(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned file_enumerate(struct card *card, const struct apdu *apdu, struct answer *answer);

/* pin.c */
unsigned pin_verify(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned pin_change(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned pin_reset(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned pin_initialize(struct card *card, const struct apdu *apdu, struct answer *answer);

/* key.c */
unsigned key_challenge(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned key_generate(struct card *card, const struct apdu *apdu, struct answer *answer);
unsigned key_use(struct card *card, const struct apdu *apdu, struct answer *answer);

/* cvc.c: the certificate of the device, and the request of a new pair: public_key is the modulus, or the point. */
void cvc_write_device(struct writer *writer, const char *serial);
bool cvc_write_request(struct writer *writer, const struct apdu *generate, const void *public_key, size_t length);

/* fault.c: whether the key is in the reader, by the file `pulled` and a rule's end. */
bool fault_plugged(void);
/* Before (and after) an APDU; writes: it changes a file. 0: go on; FAULT_GONE: no answer; else the status word to answer. */
enum { FAULT_NONE = 0, FAULT_GONE = 1 };
unsigned fault_meet(const char *name, bool writes, bool after);

#endif
