/* The second certificate: a key from the key centre, certified and put into an envelope. */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certificate.h"
#include "cleanup.h"

static bool names(json_t *algorithms, const char *format)
{
	size_t i;
	json_t *name;
	json_array_foreach(algorithms, i, name) if (strcmp(json_string_value(name), format) == 0) return true;
	return false;
}

/* A page that does not say what the key can do is believed that it can. */
enum hall_code hall_service_choose_format(struct hall *hall, EVP_PKEY *signing, json_t *algorithms, const char **format,
					  struct hall_error *error)
{
	*format = hall->settings.dual ? hall->kmc.format(hall->kmc.self, signing) : NULL;
	if (!*format || !algorithms || names(algorithms, *format))
		return HALL_OK;
	*format = NULL;
	return hall->settings.allow_single ? HALL_OK : hall_fail(error, HALL_E_KEY_IMPORT);
}

enum hall_code hall_service_prepare_pair(struct hall *hall, const struct hall_order *order, struct hall_error *error)
{
	X509_REQ *request = NULL;
	EVP_PKEY *key = NULL;
	enum hall_code code;

	if (!order->format)
		return HALL_OK;
	if (!hall->kmc.self)
		return hall_fail(error, HALL_E_CA_UNAVAILABLE);
	if (hall_request_read(order->csr, "csr", &request, NULL) != HALL_OK)
		return hall_fail_what(error, HALL_E_CA_REFUSED, "csr");
	code = hall->kmc.pair(hall->kmc.self, order->id, X509_REQ_get0_pubkey(request), &key, error);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
	return code;
}

static enum hall_code certify(struct hall *hall, const struct hall_order *order, const char *name, X509 *signing,
			      char **pem, struct hall_error *error)
{
	char request[HALL_NAME_SIZE + HALL_HASH_SIZE + 40];
	EVP_PKEY *key = NULL;
	enum hall_code code = hall->kmc.pair(hall->kmc.self, order->id, X509_get0_pubkey(signing), &key, error);
	snprintf(request, sizeof(request), "%s:encrypt", name);
	if (code == HALL_OK)
		code = hall->ca.encryption(hall->ca.self, request, signing, key, pem, error);
	EVP_PKEY_free(key);
	return code;
}

static enum hall_code make_envelope(struct hall *hall, const struct hall_order *order, X509 *signing, char **text,
				    struct hall_error *error)
{
	HALL_AUTO_FREE uint8_t *data = NULL;
	size_t length = 0;
	enum hall_code code =
		hall->kmc.envelope(hall->kmc.self, order->id, X509_get0_pubkey(signing), &data, &length, error);
	if (code != HALL_OK)
		return code;
	*text = hall_base64(data, length);
	return *text ? HALL_OK : hall_fail_call(error, "malloc", "envelope");
}

static enum hall_code keep(struct hall_order *order, const char *pem, const char *envelope, struct hall_error *error)
{
	struct hall_certificate read;
	enum hall_code code = hall_certificate_read(pem, "encryption", &read, error);
	if (code != HALL_OK)
		return code;
	if (!hall_order_set(&order->encryption_pem, pem) || !hall_order_set(&order->encryption_serial, read.serial) ||
	    !hall_order_set(&order->envelope, envelope))
		code = hall_fail_call(error, "strdup", "encryption");
	hall_certificate_finish(&read);
	return code;
}

enum hall_code hall_service_issue_encryption(struct hall *hall, struct hall_order *order, const char *name,
					     const char *signing_pem, struct hall_error *error)
{
	HALL_AUTO_FREE char *pem = NULL, *text = NULL;
	struct hall_certificate signing;
	enum hall_code code;

	if (!order->format)
		return HALL_OK;
	code = hall_certificate_read(signing_pem, "issued", &signing, error);
	if (code != HALL_OK)
		return code;
	code = certify(hall, order, name, signing.x509, &pem, error);
	if (code == HALL_OK)
		code = make_envelope(hall, order, signing.x509, &text, error);
	if (code == HALL_OK)
		code = keep(order, pem, text, error);
	hall_certificate_finish(&signing);
	return code;
}

enum hall_code hall_service_forget_encryption(struct hall_order *order, struct hall_error *error)
{
	if (order->encryption_serial && !hall_order_set(&order->encryption_superseded, order->encryption_serial))
		return hall_fail_call(error, "strdup", "superseded");
	hall_order_set(&order->encryption_pem, NULL);
	hall_order_set(&order->encryption_serial, NULL);
	hall_order_set(&order->envelope, NULL);
	order->envelopes = 0;
	return HALL_OK;
}

enum hall_code hall_service_envelope(struct hall *hall, const char *visitor, struct hall_order *order,
				     struct hall_error *error)
{
	HALL_AUTO_FREE char *text = NULL;
	struct hall_certificate signing;
	enum hall_code code;

	if (hall_order_next(order->state, HALL_EVENT_ENVELOPE) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	if (!order->encryption_pem || !hall->kmc.self)
		return hall_fail(error, HALL_E_ENCRYPTION_ABSENT);
	if (order->envelopes >= hall->settings.envelopes)
		return hall_fail(error, HALL_E_ORDER_ENVELOPES);
	code = hall_certificate_read(order->issued_pem, "issued", &signing, error);
	if (code != HALL_OK)
		return code;
	code = make_envelope(hall, order, signing.x509, &text, error);
	hall_certificate_finish(&signing);
	if (code == HALL_OK && !hall_order_set(&order->envelope, text))
		code = hall_fail_call(error, "strdup", "envelope");
	order->envelopes++;
	return code == HALL_OK ? hall_store_move(hall->store, order, HALL_EVENT_ENVELOPE, visitor, error) : code;
}
