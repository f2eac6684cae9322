/*
 * Distinguished names (RFC 5280, 4.1.2.4): as people read them, and compared.
 *
 * A name is shown as RFC 4514 text in UTF-8: the last RDN first, attribute types
 * by the short names that OpenSSL prints, or dotted. An attribute value is read
 * by its string type and by the rule of charset.h, because there are certificates
 * with UTF-8 or GBK in a T61String, and with GBK in a UTF8String. A value that is
 * no text is shown as "#" and the hex of its DER.
 */
#ifndef KH_PKCS11_X509_NAME_H
#define KH_PKCS11_X509_NAME_H

#include "x509/der.h"

#define KH_NAME_TEXT 4096 /* bytes; KeyCertificate.subject in the contract */

/* Appends the text of a Name (the whole TLV). One that is longer than
 * KH_NAME_TEXT is cut behind a character and ends with "…"; what is no Name is
 * shown as "#" and its bytes in hex. So there is always a text to show, empty
 * only for an empty Name. */
void kh_name_text(struct kh_span name, struct kh_buffer *out);

/* Appends an attribute's value as UTF-8, unescaped. false, and nothing is
 * appended, for a type that is no string and for bytes that are no text. */
bool kh_name_value(const struct kh_tlv *value, struct kh_buffer *out);

/* Appends the value of the first attribute of this dotted OID. */
bool kh_name_find(struct kh_span name, const char *oid, struct kh_buffer *out);

/* name_compare.c: whether two Names (whole TLVs) are the same by RFC 5280, 7.1:
 * as many RDNs in the same order, in each the same attributes in any order, their
 * types equal, their values equal as texts (protocol/fold.h), in whatever string
 * type they are written: CAs have changed from PrintableString, BMPString and
 * T61String to UTF8String. A value that is no text is equal to the same bytes. */
bool kh_name_same(struct kh_span a, struct kh_span b);

/* Cuts what was appended since from to that many bytes: behind a character, with
 * "…" at the end. */
void kh_utf8_shorten(struct kh_buffer *out, size_t from, size_t most);

#endif
