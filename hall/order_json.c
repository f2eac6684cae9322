/* An order as a page sees it. */
#include <stdio.h>
#include <string.h>

#include "certificate.h"
#include "cleanup.h"
#include "clock.h"
#include "exchange.h"

static void set_text(json_t *object, const char *name, const char *value)
{
	if (value && value[0] != '\0')
		json_object_set_new(object, name, json_string(value));
}

static void set_time(json_t *object, const char *name, int64_t time)
{
	char text[HALL_TIME_SIZE];
	hall_clock_format(time, text);
	json_object_set_new(object, name, json_string(text));
}

/* First character (of UTF-8) and stars; of a phone number that is long enough three and the last four. */
static json_t *mask(const char *value, size_t tail)
{
	size_t length = strlen(value);
	size_t head = 1;
	while (head < length && ((unsigned char)value[head] & 0xc0) == 0x80)
		head++;
	if (tail > 0 && length >= tail + 7)
		return json_sprintf("%.3s****%s", value, value + length - tail);
	return length == 0 ? json_string("") : json_sprintf("%.*s***", (int)head, value);
}

static json_t *contact(const struct hall_order *order, bool own)
{
	const char *email = !order->contact_email ? "" : order->contact_email;
	json_t *object = json_object();
	json_object_set_new(object, "name", own ? json_string(order->contact_name) : mask(order->contact_name, 0));
	json_object_set_new(object, "phone", own ? json_string(order->contact_phone) : mask(order->contact_phone, 4));
	json_object_set_new(object, "email", own ? json_string(email) : mask(email, 0));
	return object;
}

static const char *payment_state(const struct hall_payment *payment)
{
	switch (payment->state) {
	case HALL_PAYMENT_OPEN:
		return payment->expires > hall_clock_now() ? "open" : "expired";
	case HALL_PAYMENT_PAID:
		return "paid";
	case HALL_PAYMENT_REFUND_DUE:
	case HALL_PAYMENT_REFUNDED:
		return "refunded";
	case HALL_PAYMENT_EXPIRED:
	case HALL_PAYMENT_CLOSED:
	case HALL_PAYMENT_STATE_COUNT:
		break;
	}
	return "expired";
}

static enum hall_code add_payment(struct hall *hall, const char *id, json_t *out, struct hall_error *error)
{
	struct hall_payment payment;
	enum hall_code code = hall_store_payment_find(hall->store, id, &payment, error);
	if (code != HALL_OK)
		return code;
	json_t *object = json_pack("{s:s, s:s}", "id", id, "state", payment_state(&payment));
	json_object_set_new(object, "url", json_sprintf("%s/bank/pay/%s", hall->settings.origin, id));
	json_object_set_new(object, "qr", json_sprintf("/api/payments/%s/qr.svg", id));
	set_time(object, "expires", payment.expires);
	json_object_set_new(out, "payment", object);
	return HALL_OK;
}

/* Whoever only knows the number gets to know which certificate it is, not whose. */
static enum hall_code add_certificate(const struct hall_order *order, bool known, json_t *out, struct hall_error *error)
{
	if (!known) {
		json_object_set_new(out, "certificate", json_pack("{s:s}", "id", order->certificate));
		return HALL_OK;
	}
	struct hall_certificate old;
	enum hall_code code = hall_certificate_read(order->old_pem, "certificate", &old, error);
	if (code != HALL_OK)
		return code;
	json_object_set_new(out, "certificate", hall_certificate_json(&old));
	hall_certificate_finish(&old);
	return HALL_OK;
}

static void add_issued(const struct hall *hall, const struct hall_order *order, json_t *out)
{
	json_t *chain = json_array();
	if (hall->ca.issuing)
		json_array_append_new(chain, json_string(hall->ca.issuing));
	json_t *issued = json_pack("{s:s, s:o}", "certificate", order->issued_pem, "chain", chain);
	if (order->encryption_pem)
		json_object_set_new(issued, "encryption",
				    json_pack("{s:s, s:s, s:s}", "certificate", order->encryption_pem, "envelope",
					      order->envelope, "format", order->format));
	json_object_set_new(out, "issued", issued);
}

static void add_problem(const struct hall_order *order, json_t *out)
{
	struct hall_error error;
	hall_fail(&error, hall_code_of(order->problem));
	if (order->problem_what)
		snprintf(error.what, sizeof(error.what), "%s", order->problem_what);
	if (error.code != HALL_OK)
		json_object_set_new(out, "problem", hall_error_json(&error));
}

enum hall_code hall_order_json(struct hall *hall, const struct hall_order *order, const char *visitor, json_t **out,
			       struct hall_error *error)
{
	HALL_AUTO_JSON json_t *object =
		json_pack("{s:s, s:s, s:I, s:s, s:I, s:I}", "id", order->id, "state", hall_state_name(order->state),
			  "price", (json_int_t)order->price, "key", order->same_key ? "same" : "new", "attempts",
			  (json_int_t)order->attempts, "reissues", (json_int_t)order->reissues);
	bool known = hall_store_has_visited(hall->store, visitor, order->id);
	enum hall_code code = add_certificate(order, known, object, error);
	if (code == HALL_OK && known && order->payment)
		code = add_payment(hall, order->payment, object, error);
	if (code != HALL_OK)
		return code;
	set_text(object, "tokenSerial", order->token_serial);
	set_text(object, "company", known ? order->company : NULL);
	set_text(object, "creditCode", known ? order->credit_code : NULL);
	set_text(object, "publicKey", order->public_key);
	set_text(object, "keyType", order->key_type);
	set_text(object, "mark", order->mark);
	set_time(object, "created", order->created);
	set_time(object, "updated", order->updated);
	if (known && order->contact_by)
		json_object_set_new(object, "contact", contact(order, strcmp(order->contact_by, visitor) == 0));
	if (known && order->issued_pem)
		add_issued(hall, order, object);
	if (order->problem)
		add_problem(order, object);
	*out = hall_steal(&object);
	return HALL_OK;
}
