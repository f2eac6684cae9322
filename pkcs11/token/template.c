/* Attribute templates. */
#include "token/template.h"

#include <assert.h>
#include <string.h>

static const CK_BBOOL yes = CK_TRUE;
static const CK_BBOOL no = CK_FALSE;

void kh_template_add(struct kh_template *template, CK_ATTRIBUTE_TYPE type, const void *value, size_t length)
{
	assert(template->count < KH_TEMPLATE_MAX);
	template->list[template->count++] = (CK_ATTRIBUTE){type, (void *)(uintptr_t)value, (CK_ULONG)length};
}

void kh_template_text(struct kh_template *template, CK_ATTRIBUTE_TYPE type, const char *text)
{
	kh_template_add(template, type, text, strlen(text));
}

void kh_template_span(struct kh_template *template, CK_ATTRIBUTE_TYPE type, struct kh_span span)
{
	kh_template_add(template, type, span.data, span.length);
}

void kh_template_bool(struct kh_template *template, CK_ATTRIBUTE_TYPE type, bool value)
{
	kh_template_add(template, type, value ? &yes : &no, sizeof(CK_BBOOL));
}

void kh_template_number(struct kh_template *template, CK_ATTRIBUTE_TYPE type, const CK_ULONG *number)
{
	kh_template_add(template, type, number, sizeof(*number));
}
