/* Routes for everybody: QR pictures, the bank and its notices, the CA's files, downloads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank_sandbox.h"
#include "cleanup.h"
#include "downloads.h"
#include "exchange.h"
#include "input.h"
#include "pages.h"
#include "qr.h"
#include "system.h"

static enum hall_code give(struct hall_exchange *exchange, void *content, size_t length, const char *type)
{
	if (!content)
		return hall_fail(&exchange->error, HALL_E_PAGE_ABSENT);
	exchange->content = content;
	exchange->content_length = length;
	exchange->content_type = type;
	return HALL_OK;
}

static enum hall_code give_text(struct hall_exchange *exchange, const char *text, const char *type)
{
	char *copy = !text ? NULL : strdup(text);
	return give(exchange, copy, !copy ? 0 : strlen(copy), type);
}

enum hall_code hall_http_qr(struct hall_exchange *exchange)
{
	struct hall_payment payment;
	char url[512];
	enum hall_code code = hall_store_payment_find(
		exchange->hall->store, hall_exchange_variable(exchange, "payment"), &payment, &exchange->error);
	if (code != HALL_OK)
		return code;
	snprintf(url, sizeof(url), "%s/bank/pay/%s", exchange->hall->settings.origin, payment.id);
	char *svg = hall_qr_svg(url);
	return give(exchange, svg, !svg ? 0 : strlen(svg), "image/svg+xml");
}

enum hall_code hall_http_notice(struct hall_exchange *exchange)
{
	const char *payment, *state, *time;
	const struct hall_input rows[] = {
		{"payment", HALL_INPUT_LINE, false, HALL_NAME_SIZE - 1, &payment},
		{"state", HALL_INPUT_LINE, false, 16, &state},
		{"time", HALL_INPUT_LINE, false, 32, &time},
	};
	enum hall_code code = hall_input_read(exchange->body, "", rows, 3, &exchange->error);
	if (code == HALL_OK && strcmp(state, "paid") != 0)
		code = hall_fail_field(&exchange->error, "state");
	if (code == HALL_OK)
		code = hall_service_money(exchange->hall, payment, &exchange->error);
	exchange->answer = json_object();
	return code;
}

/* The page is the same for every payment; its script asks for this one. */
enum hall_code hall_http_bank_page(struct hall_exchange *exchange)
{
	struct hall_page page;
	enum hall_code code = hall_page_read(exchange->site, "/bank", &page, &exchange->error);

	return code == HALL_OK ? give(exchange, page.data, page.length, page.type) : code;
}

enum hall_code hall_http_bank_show(struct hall_exchange *exchange)
{
	json_t *payment = NULL;
	enum hall_code code = hall_bank_show(&exchange->hall->bank, hall_exchange_variable(exchange, "payment"),
					     &payment, &exchange->error);
	if (code == HALL_OK)
		exchange->answer = json_pack("{s:o, s:{s:s, s:s}}", "payment", payment, "payee", "zh",
					     exchange->site->name_zh, "en", exchange->site->name_en);
	return code;
}

enum hall_code hall_http_bank_pay(struct hall_exchange *exchange)
{
	const char *mode;
	int64_t seconds = 15;
	const struct hall_input rows[] = {
		{"mode", HALL_INPUT_LINE, false, 16, &mode},
		{"seconds", HALL_INPUT_NUMBER, true, 3600, &seconds},
	};
	enum hall_code code = hall_input_read(exchange->body, "", rows, 2, &exchange->error);
	if (code == HALL_OK)
		code = hall_bank_pay(&exchange->hall->bank, hall_exchange_variable(exchange, "payment"), mode, seconds,
				     &exchange->error);
	return code == HALL_OK ? hall_http_bank_show(exchange) : code;
}

enum hall_code hall_http_root(struct hall_exchange *exchange)
{
	return give_text(exchange, exchange->hall->ca.root, "application/x-pem-file");
}

enum hall_code hall_http_issuing(struct hall_exchange *exchange)
{
	return give_text(exchange, exchange->hall->ca.issuing, "application/x-pem-file");
}

enum hall_code hall_http_crl(struct hall_exchange *exchange)
{
	uint8_t *der = NULL;
	size_t length = 0;
	enum hall_code code = exchange->hall->ca.crl(exchange->hall->ca.self, &der, &length, &exchange->error);
	return code == HALL_OK ? give(exchange, der, length, "application/pkix-crl") : code;
}

enum hall_code hall_http_downloads(struct hall_exchange *exchange)
{
	exchange->answer = json_pack("{s:o}", "downloads", hall_downloads_json(exchange->site->downloads));
	return HALL_OK;
}

enum hall_code hall_http_download(struct hall_exchange *exchange)
{
	exchange->file_name = hall_exchange_variable(exchange, "name");
	exchange->file = hall_downloads_take(exchange->site->downloads, exchange->file_name, &exchange->content_length,
					     &exchange->content_type);
	return exchange->file ? HALL_OK : hall_fail(&exchange->error, HALL_E_PAGE_ABSENT);
}
