/* Opening an order, looking at it, what the clerk enters, cancelling. */
#include "service.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "certificate.h"
#include "cleanup.h"
#include "clock.h"

#define HALL_MARK_SIZE 28

static enum hall_code check_window(const struct hall *hall, int64_t not_after, struct hall_error *error)
{
	const struct hall_window *window = &hall->settings.window;
	enum hall_window_state state = hall_window_at(window, not_after, hall_clock_now());

	if (state == HALL_WINDOW_OPEN)
		return HALL_OK;
	hall_fail(error, state == HALL_WINDOW_EARLY ? HALL_E_WINDOW_EARLY : HALL_E_WINDOW_LATE);
	hall_clock_format(hall_window_opens(window, not_after), error->opens);
	hall_clock_format(hall_window_closes(window, not_after), error->closes);
	return error->code;
}

/* An order that is already there: the certificate's open one, the open one whose
 * new certificate this is, the one that was finished. */
static enum hall_code find_existing(struct hall *hall, const char *id, struct hall_order *order,
				    struct hall_error *error)
{
	enum hall_code code = hall_store_find(hall->store, HALL_BY_OPEN_CERTIFICATE, id, order, error);
	if (code == HALL_E_ORDER_ABSENT)
		code = hall_store_find(hall->store, HALL_BY_ISSUED, id, order, error);
	if (code == HALL_E_ORDER_ABSENT)
		code = hall_store_find(hall->store, HALL_BY_DONE_CERTIFICATE, id, order, error);
	return code;
}

/* As the agent marks the order's objects on a key, which does not tell the id. */
static void make_mark(const char *id, char out[HALL_MARK_SIZE])
{
	char text[sizeof("keyhall:") + HALL_NAME_SIZE], hash[HALL_HASH_SIZE];
	snprintf(text, sizeof(text), "keyhall:%s", id);
	hall_hash(text, strlen(text), hash);
	snprintf(out, HALL_MARK_SIZE, "kh:%.24s", hash);
}

/* A number that no order has. */
static enum hall_code make_number(struct hall *hall, char out[HALL_NUMBER_SIZE], struct hall_error *error)
{
	enum hall_code code;

	do {
		struct hall_order other = {0};
		if (!hall_random_number(out))
			return hall_fail_call(error, "RAND_bytes", "order");
		code = hall_store_find(hall->store, HALL_BY_ID, out, &other, error);
		hall_order_finish(&other);
	} while (code == HALL_OK);
	return code == HALL_E_ORDER_ABSENT ? HALL_OK : code;
}

static enum hall_code fill(struct hall *hall, const struct hall_certificate *old, const char *pem, const char *visitor,
			   const char *key_type, struct hall_order *order, struct hall_error *error)
{
	char id[HALL_NUMBER_SIZE], mark[HALL_MARK_SIZE];
	*order = (struct hall_order){.state = HALL_NEW,
				     .price = hall->settings.price,
				     .created = hall_clock_now(),
				     .updated = hall_clock_now()};
	enum hall_code code = make_number(hall, id, error);
	if (code != HALL_OK)
		return code;
	make_mark(id, mark);
	if (hall_order_set(&order->id, id) && hall_order_set(&order->mark, mark) &&
	    hall_order_set(&order->certificate, old->id) && hall_order_set(&order->old_serial, old->serial) &&
	    hall_order_set(&order->old_pem, pem) && hall_order_set(&order->opened_by, visitor) &&
	    hall_order_set(&order->key_type, key_type))
		return HALL_OK;
	return hall_fail_call(error, "strdup", "order");
}

static enum hall_code add(struct hall *hall, const struct hall_order *order, struct hall_error *error)
{
	enum hall_code code = hall_store_begin(hall->store, error);
	if (code != HALL_OK)
		return code;
	code = hall_store_add(hall->store, order, error);
	if (code == HALL_OK)
		code = hall_store_visit(hall->store, order->opened_by, order->id, error);
	return hall_store_end(hall->store, code, error);
}

static enum hall_code create(struct hall *hall, const struct hall_certificate *old, const char *pem,
			     const char *visitor, const char *key_type, struct hall_order *order,
			     struct hall_error *error)
{
	enum hall_ca_status status;
	enum hall_code code = hall->ca.status(hall->ca.self, old->x509, &status, error);
	if (code == HALL_OK && status == HALL_CA_FOREIGN)
		code = hall_fail(error, HALL_E_CERTIFICATE_FOREIGN);
	if (code == HALL_OK && status == HALL_CA_REVOKED)
		code = hall_fail(error, HALL_E_CERTIFICATE_REVOKED);
	/* Its key must sign the proof. */
	if (code == HALL_OK && (X509_get_key_usage(old->x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
		code = hall_fail(error, HALL_E_CERTIFICATE_USAGE);
	if (code == HALL_OK)
		code = check_window(hall, old->not_after, error);
	if (code == HALL_OK)
		code = fill(hall, old, pem, visitor, key_type, order, error);
	return code == HALL_OK ? add(hall, order, error) : code;
}

static enum hall_code look_at(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	HALL_AUTO_FREE char *id = strdup(order->id);
	if (!id)
		return hall_fail_call(error, "strdup", "id");
	hall_service_ask_bank(hall, id);
	hall_service_work_errands(hall);
	hall_order_finish(order);
	enum hall_code code = hall_store_find(hall->store, HALL_BY_ID, id, order, error);
	return code == HALL_OK ? hall_service_ask_ca(hall, order, error) : code;
}

/* An order that was found or made goes to the caller as it stands now; else it is let go. */
static enum hall_code hand_over(struct hall *hall, enum hall_code code, struct hall_order *out,
				struct hall_order *order, struct hall_error *error)
{
	if (code == HALL_OK)
		code = look_at(hall, out, error);
	if (code == HALL_OK)
		*order = *out;
	else
		hall_order_finish(out);
	return code;
}

enum hall_code hall_service_find(struct hall *hall, const char *visitor, const char *certificate,
				 struct hall_order *order, bool *found, struct hall_error *error)
{
	struct hall_certificate old;
	struct hall_order out = {0};
	enum hall_code code = hall_certificate_read(certificate, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	code = find_existing(hall, old.id, &out, error);
	hall_certificate_finish(&old);
	*found = code == HALL_OK;
	if (code == HALL_E_ORDER_ABSENT)
		return HALL_OK;
	if (code == HALL_OK)
		code = hall_store_visit(hall->store, visitor, out.id, error);
	return hand_over(hall, code, &out, order, error);
}

enum hall_code hall_service_open(struct hall *hall, const char *visitor, const char *certificate, const char *key_type,
				 struct hall_order *order, bool *created, struct hall_error *error)
{
	struct hall_certificate old;
	struct hall_order out = {0};
	enum hall_code code = hall_certificate_read(certificate, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	code = find_existing(hall, old.id, &out, error);
	*created = code == HALL_E_ORDER_ABSENT;
	if (*created)
		code = create(hall, &old, certificate, visitor, key_type, &out, error);
	else if (code == HALL_OK)
		code = hall_store_visit(hall->store, visitor, out.id, error);
	hall_certificate_finish(&old);
	return hand_over(hall, code, &out, order, error);
}

enum hall_code hall_service_look(struct hall *hall, const char *id, struct hall_order *order, struct hall_error *error)
{
	struct hall_order out = {0};
	enum hall_code code = hall_store_find(hall->store, HALL_BY_ID, id, &out, error);
	if (code == HALL_E_ORDER_ABSENT)
		code = hall_store_find(hall->store, HALL_BY_MARK, id, &out, error);
	return hand_over(hall, code, &out, order, error);
}

enum hall_code hall_service_take(struct hall *hall, const char *visitor, const char *id, struct hall_order *order,
				 struct hall_error *error)
{
	struct hall_order out = {0};
	enum hall_code code = hall_service_look(hall, id, &out, error);
	if (code != HALL_OK)
		return code;
	if (!hall_store_has_visited(hall->store, visitor, id)) {
		hall_order_finish(&out);
		return hall_fail(error, HALL_E_ORDER_FOREIGN);
	}
	*order = out;
	return HALL_OK;
}

enum hall_code hall_service_bind(struct hall *hall, const char *visitor, struct hall_order *order,
				 const char *token_serial, struct hall_error *error)
{
	if (hall_order_next(order->state, HALL_EVENT_BIND) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	/* No serial says nothing about which token it is: one that is bound stays. */
	bool keep = token_serial[0] == '\0' && order->token_serial;
	if (!keep && !hall_order_set(&order->token_serial, token_serial))
		return hall_fail_call(error, "strdup", "tokenSerial");
	return hall_store_move(hall->store, order, HALL_EVENT_BIND, visitor, error);
}

static enum hall_code check_credit_code(const struct hall_order *order, const char *given, struct hall_error *error)
{
	struct hall_certificate old;
	enum hall_code code = hall_certificate_read(order->old_pem, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	if (old.credit_code && strcmp(old.credit_code, given) != 0)
		code = hall_fail_field(error, "creditCode");
	hall_certificate_finish(&old);
	return code;
}

enum hall_code hall_service_confirm(struct hall *hall, const char *visitor, struct hall_order *order,
				    const struct hall_confirmation *given, struct hall_error *error)
{
	if (hall_order_next(order->state, HALL_EVENT_CONFIRM) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	enum hall_code code = check_credit_code(order, given->credit_code, error);
	if (code != HALL_OK)
		return code;
	if (!hall_order_set(&order->company, given->company) ||
	    !hall_order_set(&order->credit_code, given->credit_code) ||
	    !hall_order_set(&order->contact_name, given->name) ||
	    !hall_order_set(&order->contact_phone, given->phone) ||
	    !hall_order_set(&order->contact_email, given->email) || !hall_order_set(&order->contact_by, visitor))
		return hall_fail_call(error, "strdup", "confirmation");
	return hall_store_move(hall->store, order, HALL_EVENT_CONFIRM, visitor, error);
}

enum hall_code hall_service_cancel(struct hall *hall, const char *visitor, struct hall_order *order,
				   struct hall_error *error)
{
	if (!order->opened_by || strcmp(order->opened_by, visitor) != 0)
		return hall_fail(error, HALL_E_ORDER_FOREIGN);
	if (hall_order_next(order->state, HALL_EVENT_CANCEL) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	HALL_AUTO_FREE char *id = strdup(order->id);
	if (!id)
		return hall_fail_call(error, "strdup", "id");
	hall_service_close_payments(hall, id);
	hall_order_finish(order);
	enum hall_code code = hall_store_find(hall->store, HALL_BY_ID, id, order, error);
	return code == HALL_OK ? hall_store_move(hall->store, order, HALL_EVENT_CANCEL, visitor, error) : code;
}

enum hall_code hall_service_retry(struct hall *hall, struct hall_order *order, struct hall_error *error)
{
	if (hall_order_next(order->state, HALL_EVENT_RETRY) == HALL_STATE_NONE)
		return hall_fail_state(error, hall_state_name(order->state));
	order->attempts = 0;
	order->next_try = 0;
	return hall_store_move(hall->store, order, HALL_EVENT_RETRY, "operator", error);
}

/* At once, whatever pause was noted: the last question may have died with its answer. */
static void ask_ca_again(struct hall *hall, const char *id)
{
	struct hall_order order = {0};
	enum hall_code code = hall_store_find(hall->store, HALL_BY_ID, id, &order, NULL);
	order.next_try = 0;
	if (code == HALL_OK)
		code = hall_service_ask_ca(hall, &order, NULL);
	if (code != HALL_OK)
		fprintf(stderr, "keyhall-hall: order %s: %s\n", id, hall_code_name(code));
	hall_order_finish(&order);
}

void hall_service_repair(struct hall *hall)
{
	size_t i;
	json_t *id;

	hall_service_ask_bank(hall, NULL);
	hall_service_work_refunds(hall);
	hall_service_work_errands(hall);
	HALL_AUTO_JSON json_t *waiting = hall_store_waiting(hall->store);
	json_array_foreach(waiting, i, id) ask_ca_again(hall, json_string_value(id));
}
