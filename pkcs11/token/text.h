/*
 * The texts of a token and of its module (serial number, label, manufacturer,
 * model), as the token host shows, compares and signs them. There is this one
 * conversion, so that list, URI, proof, receipt, PIN window and error agree.
 *
 * PKCS#11 wants UTF-8, padded with blanks to the size of the field. Real keys
 * also hold GBK, numbers in binary, and NULs for blanks. So:
 *   1. Blanks and NULs at the end are cut off.
 *   2. Bytes with control characters (NUL to 0x1f, 0x7f) are no text: they are
 *      shown in lower-case hex.
 *   3. Valid UTF-8 stays as it is.
 *   4. Else it is decoded as GB18030, of which GBK is a part.
 *   5. What is neither is shown in hex, too.
 * In a field that is full to its end, half a character at the end is left out.
 */
#ifndef KH_PKCS11_TOKEN_TEXT_H
#define KH_PKCS11_TOKEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the text of a field of so many bytes: hex is the longest. */
#define KH_TOKEN_TEXT_SIZE(bytes) (2 * (bytes) + 1)

/* out has room for KH_TOKEN_TEXT_SIZE(length). */
void kh_token_text(char *out, const uint8_t *field, size_t length);

#endif
