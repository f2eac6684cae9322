/* The routes as one table, and what happens around every one of them. */
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "cleanup.h"
#include "downloads.h"
#include "encode.h"
#include "exchange.h"
#include "pages.h"
#include "system.h"

#define COOKIE "hall"
#define COOKIE_SECONDS (30 * 24 * 3600)
#define IDLE_SECONDS 30
#define FILE_PART 65536
#define PRIORITIES "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"
#define CSP                                                                                                            \
	"default-src 'self'; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; base-uri 'none'; "                  \
	"form-action 'self'; frame-ancestors 'none'"

static const struct hall_route routes[] = {
	/* method, path, handler, guard, visitor, alone */
	{"GET", "/api/hall", hall_http_hall, HALL_GUARD_NONE, true, false},
	{"POST", "/api/orders", hall_http_orders_open, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/find", hall_http_orders_find, HALL_GUARD_PAGE, true, true},
	{"GET", "/api/orders", hall_http_orders_list, HALL_GUARD_NONE, true, true},
	{"GET", "/api/orders/:id", hall_http_order, HALL_GUARD_NONE, true, true},
	{"POST", "/api/orders/:id/bind", hall_http_bind, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/:id/confirm", hall_http_confirm, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/:id/payment", hall_http_payment, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/:id/key", hall_http_key, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/:id/receipt", hall_http_receipt, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/:id/envelope", hall_http_envelope, HALL_GUARD_PAGE, true, true},
	{"POST", "/api/orders/:id/cancel", hall_http_cancel, HALL_GUARD_PAGE, true, true},
	{"GET", "/api/payments/:payment/qr.svg", hall_http_qr, HALL_GUARD_NONE, false, true},
	{"POST", "/api/bank/notice", hall_http_notice, HALL_GUARD_BANK, false, true},
	{"GET", "/bank/pay/:payment", hall_http_bank_page, HALL_GUARD_NONE, false, false},
	{"POST", "/bank/pay/:payment", hall_http_bank_pay, HALL_GUARD_PAGE, false, false},
	{"GET", "/bank/api/:payment", hall_http_bank_show, HALL_GUARD_NONE, false, false},
	{"GET", "/ca/root.pem", hall_http_root, HALL_GUARD_NONE, false, false},
	{"GET", "/ca/intermediate.pem", hall_http_issuing, HALL_GUARD_NONE, false, false},
	{"GET", "/ca/crl.der", hall_http_crl, HALL_GUARD_NONE, false, true},
	{"GET", "/api/downloads", hall_http_downloads, HALL_GUARD_NONE, false, false},
	{"GET", "/downloads/:name", hall_http_download, HALL_GUARD_NONE, false, false},
	{"HEAD", "/downloads/:name", hall_http_download, HALL_GUARD_NONE, false, false},
};

#define ROUTES (sizeof(routes) / sizeof(*routes))

struct entry {
	struct hall_server *server;
	const struct hall_route *route;
};

struct hall_server {
	struct hall_site *site;
	struct _u_instance instance;
	struct sockaddr_in *address;
	struct entry entries[ROUTES];
	mtx_t lock;
	bool ready;
};

static const char *header(const struct _u_request *request, const char *name)
{
	return u_map_get_case(request->map_header, name);
}

static bool is_name(const char *text)
{
	return text && strlen(text) == HALL_NAME_SIZE - 1 && strspn(text, "0123456789abcdef") == HALL_NAME_SIZE - 1;
}

/* The store knows a visitor by the hash of the cookie only. */
static enum hall_code know_visitor(struct hall_exchange *exchange, struct _u_response *response)
{
	char name[HALL_NAME_SIZE];
	const char *cookie = u_map_get(exchange->request->map_cookie, COOKIE);

	if (is_name(cookie))
		snprintf(name, sizeof(name), "%s", cookie);
	else if (!hall_random_name(name))
		return hall_fail_call(&exchange->error, "RAND_bytes", "cookie");
	hall_hash(name, HALL_NAME_SIZE - 1, exchange->visitor);
	bool secure = exchange->site->tls_key || strncmp(exchange->hall->settings.origin, "https://", 8) == 0;
	ulfius_add_same_site_cookie_to_response(response, COOKIE, name, NULL, COOKIE_SECONDS, NULL, "/", secure, 1,
						U_COOKIE_SAME_SITE_LAX);
	return HALL_OK;
}

static enum hall_code check_post(struct hall_exchange *exchange, enum hall_guard guard)
{
	const struct _u_request *request = exchange->request;
	const char *type = header(request, "Content-Type");
	const char *origin = header(request, "Origin");
	struct hall *hall = exchange->hall;

	if (guard == HALL_GUARD_PAGE && origin && strcmp(origin, hall->settings.origin) != 0)
		return hall_fail(&exchange->error, HALL_E_ORIGIN_DENIED);
	if (!type || strncasecmp(type, "application/json", 16) != 0 || (type[16] != '\0' && type[16] != ';'))
		return hall_fail_field(&exchange->error, "Content-Type");
	if (request->binary_body_length > HALL_BODY_MAX)
		return hall_fail_field(&exchange->error, "body");
	if (guard == HALL_GUARD_BANK)
		return hall->bank.check_notice(hall->bank.self, request->binary_body, request->binary_body_length,
					       header(request, "X-Bank-Signature"), &exchange->error);
	return HALL_OK;
}

static enum hall_code prepare(struct hall_exchange *exchange, const struct hall_route *route,
			      struct _u_response *response)
{
	enum hall_code code = HALL_OK;
	if (route->guard != HALL_GUARD_NONE) {
		code = check_post(exchange, route->guard);
		if (code == HALL_OK) {
			exchange->body =
				json_loadb(exchange->request->binary_body, exchange->request->binary_body_length,
					   JSON_REJECT_DUPLICATES, NULL);
			if (!json_is_object(exchange->body))
				code = hall_fail_field(&exchange->error, "body");
		}
	}
	if (code == HALL_OK && route->visitor)
		code = know_visitor(exchange, response);
	return code;
}

static void add_headers(struct _u_response *response, const char *cache)
{
	u_map_put(response->map_header, "X-Content-Type-Options", "nosniff");
	u_map_put(response->map_header, "Referrer-Policy", "no-referrer");
	u_map_put(response->map_header, "Content-Security-Policy", CSP);
	u_map_put(response->map_header, "Cache-Control", cache);
}

static void write_error(struct _u_response *response, const struct hall_error *error)
{
	HALL_AUTO_JSON json_t *json = json_pack("{s:o}", "error", hall_error_json(error));
	ulfius_set_json_body_response(response, (unsigned)hall_code_status(error->code), json);
	add_headers(response, "no-store");
}

static ssize_t read_file(void *file, uint64_t offset, char *out, size_t most)
{
	size_t length = fread(out, 1, most, file);

	(void)offset;
	if (length > 0)
		return (ssize_t)length;
	return ferror((FILE *)file) ? U_STREAM_ERROR : U_STREAM_END;
}

static void close_file(void *file)
{
	fclose(file);
}

static void write_file(struct hall_exchange *exchange, struct _u_response *response)
{
	char disposition[HALL_DOWNLOAD_NAME_SIZE + 32];

	snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"", exchange->file_name);
	ulfius_set_stream_response(response, 200, read_file, close_file, exchange->content_length, FILE_PART,
				   exchange->file);
	u_map_put(response->map_header, "Content-Disposition", disposition);
	u_map_put(response->map_header, "Content-Type", exchange->content_type);
	add_headers(response, "no-cache");
}

static void write_answer(struct hall_exchange *exchange, struct _u_response *response)
{
	unsigned status = exchange->status == 0 ? 200 : (unsigned)exchange->status;

	if (exchange->file) {
		write_file(exchange, response);
		return;
	}
	if (exchange->content) {
		ulfius_set_binary_body_response(response, status, exchange->content, exchange->content_length);
		u_map_put(response->map_header, "Content-Type", exchange->content_type);
	} else {
		ulfius_set_json_body_response(response, status, exchange->answer);
	}
	add_headers(response, "no-store");
}

/* A person gets a page, a program the error. */
static void write_absent(struct hall_server *server, const struct _u_request *request, struct _u_response *response,
			 const struct hall_error *error)
{
	const char *accepts = header(request, "Accept");
	struct hall_page page;

	if (!accepts || !strstr(accepts, "text/html") ||
	    hall_page_read(server->site, "/absent", &page, NULL) != HALL_OK) {
		write_error(response, error);
		return;
	}
	ulfius_set_binary_body_response(response, 404, page.data, page.length);
	u_map_put(response->map_header, "Content-Type", page.type);
	add_headers(response, "no-store");
	free(page.data);
}

static int serve(const struct _u_request *request, struct _u_response *response, void *user_data)
{
	const struct entry *entry = user_data;
	struct hall_server *server = entry->server;
	struct hall_exchange exchange = {.site = server->site, .hall = &server->site->hall, .request = request};
	enum hall_code code = prepare(&exchange, entry->route, response);

	if (code == HALL_OK) {
		if (entry->route->alone)
			mtx_lock(&server->lock);
		code = entry->route->handle(&exchange);
		if (entry->route->alone)
			mtx_unlock(&server->lock);
	}
	if (code == HALL_OK)
		write_answer(&exchange, response);
	else if (code == HALL_E_PAGE_ABSENT)
		write_absent(server, request, response, &exchange.error);
	else
		write_error(response, &exchange.error);
	json_decref(exchange.body);
	json_decref(exchange.answer);
	free(exchange.content);
	return U_CALLBACK_COMPLETE;
}

/* Everything that is no route: a file, or nothing. */
static int serve_page(const struct _u_request *request, struct _u_response *response, void *user_data)
{
	struct hall_server *server = user_data;
	struct hall_page page;
	struct hall_error error;
	bool reads = strcmp(request->http_verb, "GET") == 0 || strcmp(request->http_verb, "HEAD") == 0;
	char tag[HALL_HASH_SIZE + 2];

	if (!reads || hall_page_read(server->site, request->url_path, &page, &error) != HALL_OK) {
		hall_fail(&error, HALL_E_PAGE_ABSENT);
		write_absent(server, request, response, &error);
		return U_CALLBACK_COMPLETE;
	}
	tag[0] = '"';
	hall_hash(page.data, page.length, tag + 1);
	strcpy(tag + HALL_HASH_SIZE, "\"");
	const char *known = header(request, "If-None-Match");
	if (known && strcmp(known, tag) == 0) {
		ulfius_set_empty_body_response(response, 304);
	} else {
		ulfius_set_binary_body_response(response, 200, page.data, page.length);
		u_map_put(response->map_header, "Content-Type", page.type);
	}
	u_map_put(response->map_header, "ETag", tag);
	add_headers(response, "no-cache");
	free(page.data);
	return U_CALLBACK_COMPLETE;
}

static bool add_routes(struct hall_server *server)
{
	for (size_t i = 0; i < ROUTES; i++) {
		server->entries[i] = (struct entry){server, &routes[i]};
		if (ulfius_add_endpoint_by_val(&server->instance, routes[i].method, NULL, routes[i].path, 0, serve,
					       &server->entries[i]) != U_OK)
			return false;
	}
	return ulfius_set_default_endpoint(&server->instance, serve_page, server) == U_OK;
}

/* As ulfius starts it, but with a limit of connections and without TLS 1.0 and 1.1. */
static bool listen_on(struct hall_server *server)
{
	const struct hall_site *site = server->site;
	struct _u_instance *instance = &server->instance;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)site->tls_key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)site->tls_certificate},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)mhd_request_completed, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)ulfius_uri_logger, NULL},
		{MHD_OPTION_SOCK_ADDR, 0, instance->bind_address},
		{MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL},
		{MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)site->connections, NULL},
		{site->tls_key ? MHD_OPTION_ARRAY : MHD_OPTION_END, 0, tls},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD;
	if (site->tls_key)
		flags |= MHD_USE_TLS;
	return ulfius_start_framework_with_mhd_options(instance, flags, options) == U_OK;
}

static bool start(struct hall_server *server)
{
	const struct hall_site *site = server->site;
	server->address = hall_address_new(site->address, site->port);
	if (mtx_init(&server->lock, mtx_plain) != thrd_success || !server->address ||
	    ulfius_init_instance(&server->instance, site->port, server->address, NULL) != U_OK)
		return false;
	server->ready = true;
	/* One byte more than allowed tells "too large"; ulfius cuts the rest off. */
	server->instance.max_post_body_size = HALL_BODY_MAX + 1;
	server->instance.allowed_post_processor = U_POST_PROCESS_NONE;
	server->instance.timeout = IDLE_SECONDS;
	return add_routes(server) && listen_on(server);
}

enum hall_code hall_server_start(struct hall_site *site, struct hall_server **server, struct hall_error *error)
{
	struct hall_server *out = calloc(1, sizeof(*out));
	if (!out)
		return hall_fail_call(error, "calloc", "server");
	out->site = site;
	if (start(out)) {
		*server = out;
		return HALL_OK;
	}
	if (out->ready)
		ulfius_clean_instance(&out->instance);
	free(out->address);
	free(out);
	return hall_fail_call(error, "listen", site->address);
}

void hall_server_stop(struct hall_server *server)
{
	ulfius_stop_framework(&server->instance);
	ulfius_clean_instance(&server->instance);
	mtx_destroy(&server->lock);
	free(server->address);
	free(server);
}
