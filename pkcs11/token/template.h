/*
 * Attribute templates under construction. Values are borrowed, not copied.
 */
#ifndef KH_PKCS11_TOKEN_TEMPLATE_H
#define KH_PKCS11_TOKEN_TEMPLATE_H

#include "token/module.h"
#include "x509/der.h"

#define KH_TEMPLATE_MAX 24

struct kh_template {
	CK_ATTRIBUTE list[KH_TEMPLATE_MAX];
	CK_ULONG count;
};

void kh_template_add(struct kh_template *template, CK_ATTRIBUTE_TYPE type, const void *value, size_t length);
void kh_template_text(struct kh_template *template, CK_ATTRIBUTE_TYPE type, const char *text);
void kh_template_span(struct kh_template *template, CK_ATTRIBUTE_TYPE type, struct kh_span span);
void kh_template_bool(struct kh_template *template, CK_ATTRIBUTE_TYPE type, bool value);
/* number must outlive the template. */
void kh_template_number(struct kh_template *template, CK_ATTRIBUTE_TYPE type, const CK_ULONG *number);

#endif
