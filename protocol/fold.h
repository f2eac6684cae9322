/*
 * Comparing the texts of names as RFC 5280, 7.1 asks for (string preparation of
 * RFC 4518): capital and small letters are equal; blanks in front and at the end
 * do not count, and several blanks count as one; the full-width forms that
 * Chinese input methods make of ASCII, "（" or "Ａ", are the ASCII characters.
 *
 * Letters are folded in Latin, Greek and Cyrillic. Composed and decomposed
 * accents stay different: no CA writes the decomposed ones.
 */
#ifndef KH_PROTOCOL_FOLD_H
#define KH_PROTOCOL_FOLD_H

#include <stdbool.h>
#include <stddef.h>

/* Both are UTF-8; bytes that are none are equal only to themselves. */
bool kh_fold_same(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
