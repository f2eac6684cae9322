/* Telling of tokens. */
#include "op/describe.h"

#include <stdlib.h>
#include <string.h>

#include "token/manners.h"
#include "token/text.h"

#define FIELD_MAX 64 /* of PKCS#11: CK_SLOT_INFO.slotDescription */

char *kh_describe_field(const unsigned char *field, size_t length)
{
	char text[KH_TOKEN_TEXT_SIZE(FIELD_MAX)];

	kh_token_text(text, field, length);
	return strdup(text);
}

enum kh_code kh_describe_token(const struct kh_token *token, struct kh_token_info *out, struct kh_error *error)
{
	const CK_TOKEN_INFO *info = &token->info;

	out->token = strdup(token->uri);
	out->serial = strdup(token->name.serial);
	out->label = strdup(token->name.label);
	out->manufacturer = strdup(token->name.manufacturer);
	out->model = strdup(token->name.model);
	out->module = strdup(token->module->name);
	out->pin = kh_token_pin_state(token);
	out->readonly = kh_token_read_only(token);
	out->login = token->lease.active;
	out->one_certificate = kh_manners_one_certificate(token);
	out->has_free = info->ulFreePublicMemory != CK_UNAVAILABLE_INFORMATION;
	out->free = out->has_free ? (int64_t)(info->ulFreePublicMemory & INT64_MAX) : 0;
	if (!out->token || !out->serial || !out->label || !out->manufacturer || !out->model || !out->module)
		return kh_fail(error, KH_AGENT_FAILED);
	return KH_OK;
}
