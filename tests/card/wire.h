/*
 * vpcd's side of a reader: the card connects to vpcd's port, and the connection
 * is the card in the reader. A frame is two bytes of length, big-endian, and so
 * many bytes; a frame of one byte is a control byte, any other an APDU.
 */
#ifndef KH_TESTS_CARD_WIRE_H
#define KH_TESTS_CARD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX 0xffff

enum { WIRE_OFF = 0, WIRE_ON = 1, WIRE_RESET = 2, WIRE_ATR = 4 }; /* control bytes */

struct wire {
	int fd; /* -1: not in the reader */
	unsigned char bytes[WIRE_MAX];
	size_t length; /* of the last frame */
};

void wire_init(struct wire *wire);
/* false: no vpcd there, yet. */
bool wire_plug(struct wire *wire, uint16_t port);
void wire_pull(struct wire *wire);
/* Waits for a frame; false: none came in that time, or the reader went, and the wire is then pulled. */
bool wire_receive(struct wire *wire, int milliseconds);
void wire_send(struct wire *wire, const void *data, size_t length);

#endif
