/*
 * card: a SmartCard-HSM or a MyEID in software behind vsmartcard's virtual
 * reader, for tests (README.md). It keeps keys and PINs in clear: never for
 * anything but tests.
 *
 * An APDU's way: wire.c (vpcd's frames) → apdu.c (the fault script before and
 * after the work; the list of APDUs) → family.c (the table of commands) →
 * hsm_*.c or eid_*.c → pin.c, key.c, and store.c for what stays.
 */
#ifndef KH_TESTS_CARD_CARD_H
#define KH_TESTS_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "tlv.h"

#define FILE_MAX 8192
#define FILES_MAX 256
#define PIN_MAX 16
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
	SW_EXISTS = 0x6a89,
	SW_OFFSET = 0x6b00,
	SW_NO_COMMAND = 0x6d00,
	SW_FAILED = 0x6f00
};

enum pin { PIN_USER, PIN_SO, PIN_PUK, PINS };

/* A PIN as text, how many tries it has at most, and how many are left. */
struct secret {
	char text[PIN_MAX + 1]; /* "": none is set */
	long most, left;
};

/* What stays, in the store's file `card`. */
struct owner {
	char family[8], serial[12];
	struct secret pins[PINS];
	long active;   /* of a MyEID: its access conditions hold */
	long capacity; /* bytes in all files; 0: no limit */
};

struct card {
	const struct family *family;
	struct owner owner;
	unsigned verified; /* a bit for each PIN, until a logout or until power goes */
	unsigned file;	   /* the selected one; 0: none */
	unsigned folder;   /* of a MyEID: the one whose files are looked at */
	unsigned key, way; /* of a MyEID: what the security environment says */
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

struct row {
	unsigned cla, ins;
	const char *name;  /* in the fault script and the list of APDUs */
	bool writes, user; /* user: with the user's PIN only */
	command work;
};

struct family {
	const char *name;
	const unsigned char *atr; /* by it OpenSC knows what it has */
	size_t atr_length;
	const struct row *rows; /* the last one has no work */
	bool (*make)(struct owner *owner);
};

/* family.c: NULL: there is none of that name. And whether a command of any of them has that name. */
const struct family *family_find(const char *name);
bool family_has(const char *name);

/* apdu.c: false: power went, there is no answer; else it ends with the status word. */
bool apdu_answer(struct card *card, const unsigned char *bytes, size_t length, struct answer *answer);

/* store.c: the folder; a new card of that family when there is none in it. A write is whole or was not. Those of files return a
 * status word. */
bool store_open(const char *folder, const char *family);
bool store_read_owner(struct owner *owner);
bool store_write_owner(const struct owner *owner);
bool store_has(unsigned file);
bool store_read(unsigned file, struct answer *content);
unsigned store_write(const struct owner *owner, unsigned file, const void *data, size_t length);
unsigned store_delete(unsigned file);
size_t store_list(unsigned *files, size_t most);
/* The path of a file in the store, and whether it is there. */
bool store_path(char path[PATH], const char *name);
bool store_replace(const char *name, const void *data, size_t length);

/* pin.c: each returns a status word. pin_state: how things are, nothing is tried. */
bool pin_verified(const struct card *card, enum pin pin);
unsigned pin_state(const struct card *card, enum pin pin);
unsigned pin_try(struct card *card, enum pin pin, const void *text, size_t length);
unsigned pin_set(struct card *card, enum pin pin, const void *text, size_t length);

/* fault.c: whether the key is in the reader, by the file `pulled` and a rule's end. */
bool fault_plugged(void);
/* Before (and after) an APDU; writes: it changes a file. 0: go on; FAULT_GONE: no answer; else the status word to answer. */
enum { FAULT_NONE = 0, FAULT_GONE = 1 };
unsigned fault_meet(const char *name, bool writes, bool after);

#endif
