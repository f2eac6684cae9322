/* BER-TLV as the cards have it: tags of one or two bytes, lengths up to 65535. */
#ifndef KH_TESTS_CARD_TLV_H
#define KH_TESTS_CARD_TLV_H

#include <stdbool.h>
#include <stddef.h>

struct tlv {
	unsigned tag;
	const unsigned char *data;
	size_t length;
};

/* The element at *at, which moves behind it; false: there is none, or it is cut. */
bool tlv_next(const unsigned char **at, size_t *left, struct tlv *element);
/* The first element of that tag in a row of them. */
bool tlv_find(const unsigned char *data, size_t length, unsigned tag, struct tlv *element);

/* Written from its end to its beginning: what is inside an element is there before its tag. */
struct writer {
	unsigned char bytes[4096];
	size_t at; /* where it begins; sizeof bytes: empty */
};

void writer_init(struct writer *writer);
/* An element before all others. */
void writer_put(struct writer *writer, unsigned tag, const void *data, size_t length);
/* Puts everything up to end, which was writer->at before it was written, into an element. */
void writer_wrap(struct writer *writer, unsigned tag, size_t end);

#endif
