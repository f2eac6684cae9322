/*
 * One request and its answer, as the handlers see it: body and visitor are
 * checked before, the answer is written after. A handler fills answer (and
 * status, when it is not 200), content or file, or fails with an error.
 */
#ifndef HALL_EXCHANGE_H
#define HALL_EXCHANGE_H

#include <stdio.h>

#include <ulfius.h>

#include "site.h"

struct hall_exchange {
	struct hall_site *site;
	struct hall *hall;
	const struct _u_request *request;
	char visitor[HALL_HASH_SIZE]; /* "" when the route needs none */
	json_t *body;		      /* an object; NULL for GET */
	struct hall_error error;

	json_t *answer;	       /* owned until written */
	int status;	       /* 0: 200 */
	void *content;	       /* instead of answer, from malloc */
	FILE *file;	       /* instead of both; sent while it is read, and closed */
	const char *file_name; /* under which the browser keeps it */
	size_t content_length;
	const char *content_type;
};

/* What a POST must show before its handler runs. */
enum hall_guard {
	HALL_GUARD_NONE,
	HALL_GUARD_PAGE, /* JSON body; Origin, when sent, is the hall's own */
	HALL_GUARD_BANK	 /* JSON body with the bank's signature */
};

struct hall_route {
	const char *method;
	const char *path; /* ":name" is a variable */
	enum hall_code (*handle)(struct hall_exchange *exchange);
	enum hall_guard guard;
	bool visitor; /* needs the cookie */
	bool alone;   /* under the hall's lock */
};

/* Variable of the path, "" when absent. */
const char *hall_exchange_variable(const struct hall_exchange *exchange, const char *name);

/* Order as a page sees it (README.md); the contact is masked for every browser
 * but the one that entered it, what was issued is for those that have shown the
 * order's certificate. */
HALL_CHECKED enum hall_code hall_order_json(struct hall *hall, const struct hall_order *order, const char *visitor,
					    json_t **out, struct hall_error *error);

/* order_http.c */
enum hall_code hall_http_hall(struct hall_exchange *exchange);
enum hall_code hall_http_orders_open(struct hall_exchange *exchange);
enum hall_code hall_http_orders_find(struct hall_exchange *exchange);
enum hall_code hall_http_orders_list(struct hall_exchange *exchange);
enum hall_code hall_http_order(struct hall_exchange *exchange);
enum hall_code hall_http_bind(struct hall_exchange *exchange);
enum hall_code hall_http_confirm(struct hall_exchange *exchange);
enum hall_code hall_http_payment(struct hall_exchange *exchange);
enum hall_code hall_http_key(struct hall_exchange *exchange);
enum hall_code hall_http_receipt(struct hall_exchange *exchange);
enum hall_code hall_http_envelope(struct hall_exchange *exchange);
enum hall_code hall_http_cancel(struct hall_exchange *exchange);

/* public_http.c */
enum hall_code hall_http_qr(struct hall_exchange *exchange);
enum hall_code hall_http_notice(struct hall_exchange *exchange);
enum hall_code hall_http_bank_page(struct hall_exchange *exchange);
enum hall_code hall_http_bank_show(struct hall_exchange *exchange);
enum hall_code hall_http_bank_pay(struct hall_exchange *exchange);
enum hall_code hall_http_root(struct hall_exchange *exchange);
enum hall_code hall_http_issuing(struct hall_exchange *exchange);
enum hall_code hall_http_crl(struct hall_exchange *exchange);
enum hall_code hall_http_downloads(struct hall_exchange *exchange);
enum hall_code hall_http_download(struct hall_exchange *exchange);

#endif
