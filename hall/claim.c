/* Proof and receipt. */
#include "claim.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "jws.h"

static const char *check(const struct hall_claim *claim, json_t *payload, const char **token_serial)
{
	const char *order, *hash, *origin;
	json_int_t issued;

	if (json_unpack_ex(payload, NULL, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:I}", "order", &order, claim->hash_name,
			   &hash, "origin", &origin, "tokenSerial", token_serial, "iat", &issued) != 0)
		return "payload";
	if (strcmp(order, claim->order) != 0)
		return "order";
	if (strcmp(hash, claim->hash) != 0)
		return claim->hash_name;
	if (strcmp(origin, claim->origin) != 0)
		return "origin";
	if (claim->token_serial != NULL && strcmp(*token_serial, claim->token_serial) != 0)
		return "tokenSerial";
	if (issued < claim->now - HALL_CLAIM_SECONDS || issued > claim->now + HALL_CLAIM_SECONDS)
		return "iat";
	return NULL;
}

enum hall_code hall_claim_check(const struct hall_claim *claim, const char *jws, char *token_serial_out, size_t size,
				struct hall_error *error)
{
	HALL_AUTO_JSON json_t *payload = NULL;
	const char *token_serial = "";
	const char *wrong = hall_jws_verify(jws, claim->signer, &payload);

	if (wrong == NULL)
		wrong = check(claim, payload, &token_serial);
	if (wrong == NULL && strlen(token_serial) >= size)
		wrong = "tokenSerial";
	if (wrong != NULL)
		return hall_fail_what(error, claim->failure, wrong);
	snprintf(token_serial_out, size, "%s", token_serial);
	return HALL_OK;
}
