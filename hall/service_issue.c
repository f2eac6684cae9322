/* The new key, the CA, the receipt. */
#include "service.h"

#include <stdio.h>
#include <string.h>

#include "certificate.h"
#include "claim.h"
#include "cleanup.h"
#include "clock.h"
#include "key.h"
#include "name.h"

#define PAUSE_MAX 600

/* What a CSR with its proof says, after every check. */
struct checked {
	EVP_PKEY *key; /* the request's */
	char public_key[HALL_HASH_SIZE];
	struct hall_claimed claimed;
	const char *key_type;
	bool same_key;
};

static enum hall_code check_proof(struct hall *hall, const struct hall_order *order, X509_REQ *csr, const char *proof,
				  struct checked *out, struct hall_error *error)
{
	struct hall_certificate old;
	char hash[HALL_HASH_SIZE];
	enum hall_code code = hall_certificate_read(order->old_pem, "certificate", &old, error);

	if (code != HALL_OK)
		return code;
	struct hall_claim claim = {.failure = HALL_E_PROOF_INVALID,
				   .signer = old.x509,
				   .hash_name = "csrSha256",
				   .hash = hash,
				   .order = order->id,
				   .origin = hall->settings.origin,
				   .token_serial = order->token_serial,
				   .now = hall_clock_now()};
	out->key = X509_REQ_get0_pubkey(csr);
	if (!hall_request_hash(csr, hash) || !hall_key_hash(out->key, out->public_key))
		code = hall_fail_call(error, "i2d_X509_REQ", "csr");
	else
		code = hall_claim_check(&claim, proof, &out->claimed, error);
	out->key_type = hall_key_type(out->key);
	out->same_key = strcmp(old.public_key, out->public_key) == 0;
	hall_certificate_finish(&old);
	return code;
}

/* Another key: what the CA made for the one before must be known first, so that
 * it can be revoked. */
static enum hall_code prepare_rekey(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	enum hall_code code = HALL_OK;
	if (order->reissues >= hall->settings.reissues)
		return hall_fail(error, HALL_E_ORDER_REISSUES);
	if (order->state == HALL_APPLIED) {
		order->next_try = 0;
		code = hall_service_ask_ca(hall, order, error);
	}
	if (code == HALL_OK && order->state == HALL_APPLIED)
		code = hall_fail(error, HALL_E_CA_UNAVAILABLE);
	if (code == HALL_OK && hall_order_next(order->state, HALL_EVENT_REKEY) == HALL_STATE_NONE)
		code = hall_fail_state(error, hall_state_name(order->state));
	if (code != HALL_OK)
		return code;
	order->reissues++;
	if (order->issued_serial && !hall_order_set(&order->superseded, order->issued_serial))
		return hall_fail_call(error, "strdup", "superseded");
	hall_order_set(&order->issued_id, NULL);
	hall_order_set(&order->issued_serial, NULL);
	hall_order_set(&order->issued_pem, NULL);
	return hall_service_forget_encryption(order, error);
}

/* The proof says that the key was on the token then: other keys' older proofs are stale. */
static enum hall_code note_seen(struct hall *hall, struct hall_order *order, int64_t issued, struct hall_error *error)
{
	if (issued <= order->key_iat || !hall_order_is_open(order->state))
		return HALL_OK;
	order->key_iat = issued;
	return hall_store_save(hall->store, order, error);
}

/* Into the order, which is not written yet. */
static enum hall_code set_key(struct hall_order *order, const struct hall_offer *offer, const struct checked *checked,
			      const char *format, struct hall_error *error)
{
	order->same_key = checked->same_key;
	order->key_iat = checked->claimed.issued;
	order->attempts = 0;
	order->next_try = 0;
	if (hall_order_set(&order->public_key, checked->public_key) && hall_order_set(&order->csr, offer->csr) &&
	    hall_order_set(&order->token_serial, checked->claimed.token_serial) &&
	    hall_order_set(&order->key_type, checked->key_type) && hall_order_set(&order->problem, NULL) &&
	    hall_order_set(&order->format, format))
		return HALL_OK;
	return hall_fail_call(error, "strdup", "key");
}

static enum hall_code bind_key(struct hall *hall, const char *visitor, struct hall_order *order,
			       const struct hall_offer *offer, const struct checked *checked, struct hall_error *error)
{
	bool first = !order->public_key;
	bool again = !first && strcmp(order->public_key, checked->public_key) == 0;
	enum hall_event event = first || again ? HALL_EVENT_KEY : HALL_EVENT_REKEY;
	const char *format = NULL;

	if (hall_order_next(order->state, event) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	if (again)
		return note_seen(hall, order, checked->claimed.issued, error);
	if (!first && checked->claimed.issued <= order->key_iat)
		return hall_fail_what(error, HALL_E_PROOF_INVALID, "iat");
	enum hall_code code = hall_service_choose_format(hall, checked->key, offer->algorithms, &format, error);
	if (code == HALL_OK && !first)
		code = prepare_rekey(hall, order, error);
	if (code == HALL_OK)
		code = set_key(order, offer, checked, format, error);
	return code == HALL_OK ? hall_store_move(hall->store, order, event, visitor, error) : code;
}

enum hall_code hall_service_key(struct hall *hall, const char *visitor, struct hall_order *order,
				const struct hall_offer *offer, struct hall_error *error)
{
	X509_REQ *request = NULL;
	struct checked checked;

	if (hall_order_next(order->state, HALL_EVENT_KEY) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	enum hall_code code = hall_request_read(offer->csr, "csr", &request, error);
	if (code == HALL_OK)
		code = check_proof(hall, order, request, offer->proof, &checked, error);
	if (code == HALL_OK)
		code = bind_key(hall, visitor, order, offer, &checked, error);
	X509_REQ_free(request);
	return code == HALL_OK ? hall_service_ask_ca(hall, order, error) : code;
}

/* ---- the CA ------------------------------------------------------------ */

static int64_t pause_after(const struct hall_settings *settings, int64_t attempts)
{
	int64_t pause = settings->ca_retry_seconds;
	for (int64_t i = 1; i < attempts && pause < PAUSE_MAX; i++)
		pause *= 2;
	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

/* Further away than any pause is no pause: the clock went back. */
static bool is_pause(int64_t next_try)
{
	int64_t now = hall_clock_now();
	return next_try > now && next_try <= now + PAUSE_MAX;
}

/* The agent would refuse another subject, when all else is done. */
static enum hall_code check_subject(const struct hall_order *order, const struct hall_certificate *issued,
				    struct hall_error *error)
{
	struct hall_certificate old;
	enum hall_code code = hall_certificate_read(order->old_pem, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	if (!hall_name_same(X509_get_subject_name(old.x509), X509_get_subject_name(issued->x509)))
		code = hall_fail_call(error, "CA issue", "other subject");
	hall_certificate_finish(&old);
	return code;
}

static enum hall_code take_certificate(struct hall *hall, struct hall_order *order, const char *pem,
				       struct hall_error *error)
{
	struct hall_certificate issued;
	enum hall_code code = hall_certificate_read(pem, "issued", &issued, error);
	if (code != HALL_OK)
		return code;
	if (strcmp(issued.public_key, order->public_key) != 0)
		code = hall_fail_call(error, "CA issue", "other key");
	else
		code = check_subject(order, &issued, error);
	if (code == HALL_OK &&
	    (!hall_order_set(&order->issued_id, issued.id) || !hall_order_set(&order->issued_pem, pem) ||
	     !hall_order_set(&order->issued_serial, issued.serial) || !hall_order_set(&order->problem, NULL) ||
	     !hall_order_set(&order->problem_what, NULL)))
		code = hall_fail_call(error, "strdup", "issued");
	hall_certificate_finish(&issued);
	if (code == HALL_OK)
		code = hall_store_begin(hall->store, error);
	if (code != HALL_OK)
		return code;
	code = hall_store_errand_add(hall->store, HALL_ERRAND_REVOKE, order->old_serial, order->id, error);
	if (code == HALL_OK && order->superseded)
		code = hall_store_errand_add(hall->store, HALL_ERRAND_REVOKE, order->superseded, order->id, error);
	if (code == HALL_OK && order->encryption_superseded)
		code = hall_store_errand_add(hall->store, HALL_ERRAND_REVOKE, order->encryption_superseded, order->id,
					     error);
	if (code == HALL_OK)
		code = hall_store_move(hall->store, order, HALL_EVENT_ISSUE, "ca", error);
	return hall_store_end(hall->store, code, error);
}

/* The signing certificate, and what belongs to a second one into the order. */
static enum hall_code ca_issue(struct hall *hall, struct hall_order *order, char **pem, struct hall_error *error)
{
	char name[HALL_NAME_SIZE + HALL_HASH_SIZE + 24];
	struct hall_certificate old;
	enum hall_code code = hall_certificate_read(order->old_pem, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	/* A key that comes back after another one took its place gets a new certificate. */
	snprintf(name, sizeof(name), "%s:%lld:%s", order->id, (long long)order->reissues, order->public_key);
	struct hall_ca_request request = {.request = name, .csr = order->csr, .old = old.x509};
	code = hall_service_prepare_pair(hall, order, error);
	if (code == HALL_OK)
		code = !order->superseded ? hall->ca.issue(hall->ca.self, &request, pem, error)
					  : hall->ca.reissue(hall->ca.self, &request, order->superseded, pem, error);
	if (code == HALL_OK)
		code = hall_service_issue_encryption(hall, order, name, *pem, error);
	hall_certificate_finish(&old);
	return code;
}

static enum hall_code note_failure(struct hall *hall, struct hall_order *order, const struct hall_error *failure,
				   struct hall_error *error)
{
	bool refused = failure->code == HALL_E_CA_REFUSED;
	if (!hall_order_set(&order->problem, hall_code_name(failure->code)) ||
	    !hall_order_set(&order->problem_what, failure->what[0] == '\0' ? NULL : failure->what))
		return hall_fail_call(error, "strdup", "problem");
	if (refused || order->attempts >= hall->settings.ca_tries)
		return hall_store_move(hall->store, order, HALL_EVENT_GIVE_UP, "ca", error);
	return hall_store_save(hall->store, order, error);
}

enum hall_code hall_service_ask_ca(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	HALL_AUTO_FREE char *pem = NULL;
	struct hall_error failure = {0};

	if (hall_order_next(order->state, HALL_EVENT_APPLY) == HALL_STATE_NONE || is_pause(order->next_try))
		return HALL_OK;
	order->attempts++;
	order->next_try = hall_clock_now() + pause_after(&hall->settings, order->attempts);
	enum hall_code code = hall_store_move(hall->store, order, HALL_EVENT_APPLY, "hall", error);
	if (code != HALL_OK)
		return code;
	if (ca_issue(hall, order, &pem, &failure) != HALL_OK)
		return note_failure(hall, order, &failure, error);
	code = take_certificate(hall, order, pem, error);
	hall_service_work_errands(hall);
	return code;
}

static void work(struct hall *hall, enum hall_errand kind,
		 enum hall_code (*tell)(void *self, const char *serial, struct hall_error *error))
{
	HALL_AUTO_JSON json_t *serials = hall_store_errands(hall->store, kind);
	size_t i;
	json_t *serial;
	json_array_foreach(serials, i, serial)
	{
		enum hall_code code = tell(hall->ca.self, json_string_value(serial), NULL);
		if (code == HALL_OK)
			code = hall_store_errand_done(hall->store, kind, json_string_value(serial), NULL);
		if (code != HALL_OK)
			return;
	}
}

void hall_service_work_errands(struct hall *hall)
{
	work(hall, HALL_ERRAND_REVOKE, hall->ca.revoke);
	work(hall, HALL_ERRAND_CONFIRM, hall->ca.confirm);
}

/* ---- the receipt ------------------------------------------------------- */

static enum hall_code finish(struct hall *hall, const char *visitor, struct hall_order *order, struct hall_error *error)
{
	enum hall_code code = hall_store_begin(hall->store, error);
	if (code != HALL_OK)
		return code;
	code = hall_store_errand_add(hall->store, HALL_ERRAND_CONFIRM, order->issued_serial, order->id, error);
	if (code == HALL_OK)
		code = hall_store_move(hall->store, order, HALL_EVENT_RECEIPT, visitor, error);
	return hall_store_end(hall->store, code, error);
}

enum hall_code hall_service_receipt(struct hall *hall, const char *visitor, struct hall_order *order,
				    const char *receipt, struct hall_error *error)
{
	struct hall_certificate issued;
	struct hall_claimed claimed;

	if (hall_order_next(order->state, HALL_EVENT_RECEIPT) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	enum hall_code code = hall_certificate_read(order->issued_pem, "issued", &issued, error);
	if (code != HALL_OK)
		return code;
	struct hall_claim claim = {.failure = HALL_E_RECEIPT_INVALID,
				   .signer = issued.x509,
				   .hash_name = "certificateSha256",
				   .hash = issued.id,
				   .order = order->id,
				   .origin = hall->settings.origin,
				   .token_serial = order->token_serial,
				   .now = hall_clock_now()};
	code = hall_claim_check(&claim, receipt, &claimed, error);
	hall_certificate_finish(&issued);
	if (code == HALL_OK)
		code = finish(hall, visitor, order, error);
	hall_service_work_errands(hall);
	return code;
}
