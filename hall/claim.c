/* Proof and receipt. */
#include "claim.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "encode.h"
#include "jws.h"

static const char *check(const struct hall_claim *claim, json_t *payload, struct hall_claimed *claimed)
{
	const char *order, *hash, *origin, *token_serial;
	json_int_t issued;

	if (json_unpack_ex(payload, NULL, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:I}", "order", &order, claim->hash_name,
			   &hash, "origin", &origin, "tokenSerial", &token_serial, "iat", &issued) != 0)
		return "payload";
	if (strcmp(order, claim->order) != 0)
		return "order";
	if (strcmp(hash, claim->hash) != 0)
		return claim->hash_name;
	if (strcmp(origin, claim->origin) != 0)
		return "origin";
	bool bound = claim->token_serial && claim->token_serial[0] != '\0';
	if (hall_characters(token_serial) > HALL_SERIAL_CHARACTERS ||
	    (bound && strcmp(token_serial, claim->token_serial) != 0))
		return "tokenSerial";
	if (issued < claim->now - HALL_CLAIM_SECONDS || issued > claim->now + HALL_CLAIM_SECONDS)
		return "iat";
	snprintf(claimed->token_serial, sizeof(claimed->token_serial), "%s", token_serial);
	claimed->issued = issued;
	return NULL;
}

enum hall_code hall_claim_check(const struct hall_claim *claim, const char *jws, struct hall_claimed *claimed,
				struct hall_error *error)
{
	HALL_AUTO_JSON json_t *payload = NULL;
	const char *wrong = hall_jws_verify(jws, claim->signer, &payload);

	if (!wrong)
		wrong = check(claim, payload, claimed);
	return !wrong ? HALL_OK : hall_fail_what(error, claim->failure, wrong);
}
