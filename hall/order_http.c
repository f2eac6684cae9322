/* The routes a renewal page uses: read the body, call the service, answer the order. */
#include <ctype.h>
#include <string.h>

#include "certificate.h"
#include "claim.h"
#include "clock.h"
#include "exchange.h"
#include "input.h"
#include "jws.h"
#include "key.h"

#define LINE_MAX_BYTES 600
#define PHONE_MAX 20
#define CREDIT_CODE_LENGTH 18

const char *hall_exchange_variable(const struct hall_exchange *exchange, const char *name)
{
	const char *value = u_map_get(exchange->request->map_url, name);
	return !value ? "" : value;
}

static enum hall_code read_body(struct hall_exchange *exchange, const struct hall_input *rows, size_t count)
{
	return hall_input_read(exchange->body, "", rows, count, &exchange->error);
}

/* Answers {"order": ...} and releases the order. */
static enum hall_code answer(struct hall_exchange *exchange, enum hall_code code, struct hall_order *order)
{
	json_t *json = NULL;
	if (code == HALL_OK)
		code = hall_order_json(exchange->hall, order, exchange->visitor, &json, &exchange->error);
	if (code == HALL_OK)
		exchange->answer = json_pack("{s:o}", "order", json);
	hall_order_finish(order);
	return code;
}

static enum hall_code take(struct hall_exchange *exchange, struct hall_order *order)
{
	return hall_service_take(exchange->hall, exchange->visitor, hall_exchange_variable(exchange, "id"), order,
				 &exchange->error);
}

/* What is said in one language only is said in both. */
static void add_pair(json_t *object, const char *name, const char *zh, const char *en)
{
	if (zh || en)
		json_object_set_new(object, name, json_pack("{s:s, s:s}", "zh", zh ? zh : en, "en", en ? en : zh));
}

static json_t *about_json(const struct hall_about *about)
{
	json_t *object = json_pack("{s:s*}", "icp", about->icp);
	add_pair(object, "ca", about->ca_zh, about->ca_en);
	add_pair(object, "address", about->address_zh, about->address_en);
	add_pair(object, "hours", about->hours_zh, about->hours_en);
	return object;
}

enum hall_code hall_http_hall(struct hall_exchange *exchange)
{
	const struct hall_site *site = exchange->site;
	json_t *ports = json_array();
	char now[HALL_TIME_SIZE];

	hall_clock_format(hall_clock_now(), now);
	for (size_t i = 0; i < site->agent_port_count; i++)
		json_array_append_new(ports, json_integer((json_int_t)site->agent_ports[i]));
	exchange->answer = json_pack(
		"{s:{s:s, s:s}, s:s, s:s, s:s, s:I, s:{s:s, s:s}, s:{s:s, s:o, s:s*}, s:{s:s*}, s:s*, s:b, s:o}",
		"name", "zh", site->name_zh, "en", site->name_en, "origin", site->hall.settings.origin, "time", now,
		"hotline", site->hotline, "price", (json_int_t)site->hall.settings.price, "window", "before",
		site->window_before, "after", site->window_after, "agent", "minimum", site->agent_minimum, "ports",
		ports, "download", site->about.agent_download, "driver", "download", site->about.driver_download,
		"apply", site->about.apply, "dual", site->hall.settings.dual, "about", about_json(&site->about));
	return HALL_OK;
}

enum hall_code hall_http_orders_find(struct hall_exchange *exchange)
{
	const char *certificate;
	const struct hall_input rows[] = {{"certificate", HALL_INPUT_TEXT, false, HALL_PEM_MAX, &certificate}};
	struct hall_order order = {0};
	bool found = false;
	enum hall_code code = read_body(exchange, rows, 1);

	if (code == HALL_OK)
		code = hall_service_find(exchange->hall, exchange->visitor, certificate, &order, &found,
					 &exchange->error);
	if (code == HALL_OK && !found) {
		exchange->answer = json_object();
		return HALL_OK;
	}
	return answer(exchange, code, &order);
}

enum hall_code hall_http_orders_open(struct hall_exchange *exchange)
{
	const char *certificate, *key_type = NULL;
	const struct hall_input rows[] = {
		{"certificate", HALL_INPUT_TEXT, false, HALL_PEM_MAX, &certificate},
		{"keyType", HALL_INPUT_LINE, true, 16, &key_type},
	};
	struct hall_order order = {0};
	bool created = false;
	enum hall_code code = read_body(exchange, rows, 2);

	if (code == HALL_OK && key_type && !hall_key_type_known(key_type))
		code = hall_fail_field(&exchange->error, "keyType");
	if (code == HALL_OK)
		code = hall_service_open(exchange->hall, exchange->visitor, certificate, key_type, &order, &created,
					 &exchange->error);
	exchange->status = created ? 201 : 200;
	return answer(exchange, code, &order);
}

enum hall_code hall_http_orders_list(struct hall_exchange *exchange)
{
	json_t *ids = hall_store_visited_by(exchange->hall->store, exchange->visitor);
	json_t *list = json_array(), *id;
	enum hall_code code = HALL_OK;
	size_t i;

	json_array_foreach(ids, i, id)
	{
		struct hall_order order = {0};
		json_t *json = NULL;
		code = hall_service_look(exchange->hall, json_string_value(id), &order, &exchange->error);
		if (code == HALL_OK)
			code = hall_order_json(exchange->hall, &order, exchange->visitor, &json, &exchange->error);
		hall_order_finish(&order);
		if (code != HALL_OK)
			break;
		json_array_append_new(list, json);
	}
	json_decref(ids);
	exchange->answer = json_pack("{s:o}", "orders", list);
	return code;
}

enum hall_code hall_http_order(struct hall_exchange *exchange)
{
	struct hall_order order = {0};
	enum hall_code code =
		hall_service_look(exchange->hall, hall_exchange_variable(exchange, "id"), &order, &exchange->error);
	return answer(exchange, code, &order);
}

enum hall_code hall_http_bind(struct hall_exchange *exchange)
{
	const char *serial;
	const struct hall_input rows[] = {{"tokenSerial", HALL_INPUT_SERIAL, false, HALL_SERIAL_CHARACTERS, &serial}};
	struct hall_order order = {0};
	enum hall_code code = read_body(exchange, rows, 1);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_bind(exchange->hall, exchange->visitor, &order, serial, &exchange->error);
	return answer(exchange, code, &order);
}

static bool is_credit_code(const char *text)
{
	if (strlen(text) != CREDIT_CODE_LENGTH)
		return false;
	for (; *text != '\0'; text++)
		if (!isdigit((unsigned char)*text) && !isupper((unsigned char)*text))
			return false;
	return true;
}

static bool is_phone(const char *text)
{
	return strlen(text) >= 5 && strspn(text, "0123456789+- ()") == strlen(text);
}

static bool is_email(const char *text)
{
	const char *at = strchr(text, '@');
	return text[0] == '\0' || (at && at != text && strchr(at + 1, '.') && !strchr(text, ' '));
}

static enum hall_code read_confirmation(struct hall_exchange *exchange, struct hall_confirmation *out)
{
	json_t *contact = NULL;
	const struct hall_input rows[] = {
		{"company", HALL_INPUT_LINE, false, LINE_MAX_BYTES, &out->company},
		{"creditCode", HALL_INPUT_LINE, false, CREDIT_CODE_LENGTH, &out->credit_code},
		{"contact", HALL_INPUT_OBJECT, false, 0, &contact},
	};
	const struct hall_input contact_rows[] = {
		{"name", HALL_INPUT_LINE, false, LINE_MAX_BYTES, &out->name},
		{"phone", HALL_INPUT_LINE, false, PHONE_MAX, &out->phone},
		{"email", HALL_INPUT_LINE, true, LINE_MAX_BYTES, &out->email},
	};
	struct hall_error *error = &exchange->error;
	enum hall_code code = read_body(exchange, rows, 3);
	if (code == HALL_OK)
		code = hall_input_read(contact, "contact.", contact_rows, 3, error);
	if (code != HALL_OK)
		return code;
	if (!is_credit_code(out->credit_code))
		return hall_fail_field(error, "creditCode");
	if (!is_phone(out->phone))
		return hall_fail_field(error, "contact.phone");
	return is_email(out->email) ? HALL_OK : hall_fail_field(error, "contact.email");
}

enum hall_code hall_http_confirm(struct hall_exchange *exchange)
{
	struct hall_confirmation given = {.email = ""};
	struct hall_order order = {0};
	enum hall_code code = read_confirmation(exchange, &given);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_confirm(exchange->hall, exchange->visitor, &order, &given, &exchange->error);
	return answer(exchange, code, &order);
}

enum hall_code hall_http_payment(struct hall_exchange *exchange)
{
	struct hall_order order = {0};
	enum hall_code code = read_body(exchange, NULL, 0);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_pay(exchange->hall, exchange->visitor, &order, &exchange->error);
	return answer(exchange, code, &order);
}

enum hall_code hall_http_key(struct hall_exchange *exchange)
{
	struct hall_offer offer = {0};
	const struct hall_input rows[] = {
		{"csr", HALL_INPUT_TEXT, false, HALL_PEM_MAX, &offer.csr},
		{"proof", HALL_INPUT_LINE, false, HALL_JWS_MAX, &offer.proof},
		{"importAlgorithms", HALL_INPUT_NAMES, true, 64, &offer.algorithms},
	};
	struct hall_order order = {0};
	enum hall_code code = read_body(exchange, rows, 3);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_key(exchange->hall, exchange->visitor, &order, &offer, &exchange->error);
	return answer(exchange, code, &order);
}

enum hall_code hall_http_receipt(struct hall_exchange *exchange)
{
	const char *receipt;
	const struct hall_input rows[] = {{"receipt", HALL_INPUT_LINE, false, HALL_JWS_MAX, &receipt}};
	struct hall_order order = {0};
	enum hall_code code = read_body(exchange, rows, 1);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_receipt(exchange->hall, exchange->visitor, &order, receipt, &exchange->error);
	return answer(exchange, code, &order);
}

enum hall_code hall_http_envelope(struct hall_exchange *exchange)
{
	struct hall_order order = {0};
	enum hall_code code = read_body(exchange, NULL, 0);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_envelope(exchange->hall, exchange->visitor, &order, &exchange->error);
	return answer(exchange, code, &order);
}

enum hall_code hall_http_cancel(struct hall_exchange *exchange)
{
	struct hall_order order = {0};
	enum hall_code code = read_body(exchange, NULL, 0);
	if (code == HALL_OK)
		code = take(exchange, &order);
	if (code == HALL_OK)
		code = hall_service_cancel(exchange->hall, exchange->visitor, &order, &exchange->error);
	return answer(exchange, code, &order);
}
