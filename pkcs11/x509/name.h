/*
 * Distinguished names (RFC 5280, 4.1.2.4) as people read them: RFC 4514 in
 * UTF-8, last RDN first, short names as OpenSSL prints them.
 */
#ifndef KH_PKCS11_X509_NAME_H
#define KH_PKCS11_X509_NAME_H

#include "x509/der.h"

/* Appends the text of a Name (its whole TLV); false when it is malformed. */
bool kh_name_text(struct kh_span name, struct kh_buffer *out);
/* Appends a directory string's value as UTF-8, unescaped; bytes that are no
 * text become U+FFFD. false for a type that is no string. */
bool kh_name_value(const struct kh_tlv *value, struct kh_buffer *out);
/* The value of the first attribute of this dotted OID. */
bool kh_name_find(struct kh_span name, const char *oid, struct kh_buffer *out);
/* Appends text with anything that is not UTF-8, and every control character,
 * replaced by U+FFFD: what a key says is shown on terminals and in PIN windows. */
void kh_utf8_append(struct kh_buffer *out, const void *text, size_t length);

#endif
