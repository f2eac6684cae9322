/* keyhall-hall: the command line of the reference service hall. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank_sandbox.h"
#include "bundle.h"
#include "ca_openssl.h"
#include "cleanup.h"
#include "clock.h"
#include "downloads.h"
#include "kmc_openssl.h"
#include "manifest.h"
#include "options.h"
#include "places.h"
#include "system.h"
#include "tls.h"

#ifndef HALL_VERSION
#define HALL_VERSION "0"
#endif

static int report(enum hall_code code, const struct hall_error *error)
{
	if (code == HALL_OK)
		return EXIT_SUCCESS;
	fprintf(stderr, "keyhall-hall: %s%s%s%s%s\n", hall_code_name(code), error->field[0] ? " " : "", error->field,
		error->state[0] ? " " : "", error->state);
	return EXIT_FAILURE;
}

static char *crl_url(const char *origin)
{
	return hall_path(origin, "ca/crl.der");
}

static const char *default_origin(const struct hall_options *options)
{
	return options->origin ? options->origin : "http://localhost:8080";
}

static int init(const struct hall_options *options)
{
	struct hall_error error;
	HALL_AUTO_FREE char *url = crl_url(default_origin(options));
	return report(hall_ca_make(options->state, options->ca_key, url, &error), &error);
}

/* Makes the CA when it is missing; a given origin moves the CRL's address. */
static enum hall_code open_ca(const struct hall_options *options, const char *origin, struct hall_ca *ca,
			      struct hall_error *error)
{
	HALL_AUTO_FREE char *url = crl_url(origin);
	enum hall_code code = hall_ca_make(options->state, options->ca_key, url, error);
	if (code == HALL_OK)
		code = hall_ca_open(options->state, ca, error);
	if (code != HALL_OK)
		return code;
	if (strcmp(options->command, "serve") == 0 || options->origin)
		code = hall_ca_set_crl_url(ca, url, error);
	if (code != HALL_OK)
		hall_ca_close(ca);
	return code;
}

static int certify(const struct hall_options *options)
{
	struct hall_ca ca;
	struct hall_error error;
	HALL_AUTO_FREE char *pem = NULL;
	size_t length;
	HALL_AUTO_FREE char *csr = !options->csr ? NULL : hall_file_read(options->csr, 16384, &length);

	if (!csr) {
		fprintf(stderr, "keyhall-hall: certify: --csr FILE cannot be read\n");
		return EXIT_FAILURE;
	}
	enum hall_code code = open_ca(options, default_origin(options), &ca, &error);
	if (code != HALL_OK)
		return report(code, &error);
	struct hall_ca_certify request = {.csr = csr,
					  .usage = options->usage,
					  .credit_code = options->credit_code,
					  .not_before_days = (int)options->not_before_days,
					  .not_after_days = (int)options->not_after_days};
	code = hall_ca_certify(&ca, &request, &pem, &error);
	if (code == HALL_OK && options->out) {
		if (!hall_file_write(options->out, pem, strlen(pem), false))
			code = hall_fail_call(&error, "write", options->out);
	} else if (code == HALL_OK) {
		fputs(pem, stdout);
	}
	hall_ca_close(&ca);
	return report(code, &error);
}

/* ---- serving ----------------------------------------------------------- */

static enum hall_code set_site(const struct hall_options *options, const struct hall_places *places,
			       struct hall_site *site, struct hall_error *error)
{
	struct hall_settings *settings = &site->hall.settings;
	if (!hall_span_parse(options->window_before, &settings->window.before))
		return hall_fail_field(error, "--window-before");
	if (!hall_span_parse(options->window_after, &settings->window.after))
		return hall_fail_field(error, "--window-after");
	settings->price = options->price;
	settings->payment_seconds = options->payment_seconds;
	settings->ca_retry_seconds = options->ca_retry_seconds;
	settings->ca_tries = options->ca_tries;
	settings->reissues = options->reissues;
	settings->envelopes = options->envelopes;
	settings->dual = options->dual;
	settings->allow_single = options->allow_single;
	site->address = options->bind;
	site->connections = (unsigned)options->connections;
	site->pages = options->pages ? options->pages : places->pages;
	site->sdk = places->sdk;
	site->name_zh = options->name_zh;
	site->name_en = options->name_en;
	site->hotline = options->hotline;
	site->about = options->about;
	if (options->downloads && !site->about.agent_download)
		site->about.agent_download = "/downloads";
	site->window_before = options->window_before;
	site->window_after = options->window_after;
	site->agent_minimum = options->agent_minimum;
	static const unsigned usual[] = {18317, 28317};
	site->agent_port_count = options->agent_port_count == 0 ? 2 : options->agent_port_count;
	for (size_t i = 0; i < site->agent_port_count; i++)
		site->agent_ports[i] = options->agent_port_count == 0 ? usual[i] : (unsigned)options->agent_ports[i];
	return !options->downloads ? HALL_OK : hall_downloads_open(options->downloads, &site->downloads, error);
}

static enum hall_code choose_port(const struct hall_options *options, struct hall_site *site, struct hall_error *error)
{
	if (options->port < 0)
		site->port = options->https ? 8443 : 8080;
	else
		site->port = options->port == 0 ? hall_port_free(site->address) : (unsigned)options->port;
	return site->port != 0 ? HALL_OK : hall_fail_field(error, "--bind");
}

/* url: room for the one it has when none was given. */
static void set_origin(const struct hall_options *options, struct hall_site *site, char *url, size_t size)
{
	snprintf(url, size, "%s://localhost:%u", options->https ? "https" : "http", site->port);
	site->hall.settings.origin = options->origin ? options->origin : url;
}

static enum hall_code open_bank(const struct hall_options *options, struct hall_site *site, const struct hall_tls *tls,
				struct hall_error *error)
{
	const char *host = strcmp(site->address, "0.0.0.0") == 0 ? "127.0.0.1" : site->address;
	char url[128];
	snprintf(url, sizeof(url), "%s://%s:%u/api/bank/notice", options->https ? "https" : "http", host, site->port);
	return hall_bank_open(options->state, url, options->https ? tls->folder : NULL, &site->hall.bank, error);
}

/* Also without --dual: orders that were begun with it go on. */
static enum hall_code open_kmc(const struct hall_options *options, struct hall_kmc *kmc, struct hall_error *error)
{
	enum hall_padding padding;
	if (!hall_padding_parse(options->kmc_padding, &padding))
		return hall_fail_field(error, "--kmc-oaep");
	if (!options->dual && !hall_kmc_exists(options->state))
		return HALL_OK;
	return hall_kmc_open(options->state, padding, kmc, error);
}

static enum hall_code open_stores(const struct hall_options *options, struct hall_site *site, struct hall_tls *tls,
				  struct hall_error *error)
{
	HALL_AUTO_FREE char *lock = hall_path(options->state, "lock");
	HALL_AUTO_FREE char *path = hall_path(options->state, "hall.db");
	enum hall_code code = HALL_OK;

	if (!path || !lock || !hall_folder_make(options->state) || !hall_lock(lock))
		return hall_fail_call(error, "lock (is another hall running there?)", options->state);
	if (options->https)
		code = hall_tls_open(options->state, site->address, tls, error);
	site->tls_key = tls->key;
	site->tls_certificate = tls->certificate;
	if (code == HALL_OK)
		code = open_ca(options, site->hall.settings.origin, &site->hall.ca, error);
	if (code == HALL_OK)
		code = open_kmc(options, &site->hall.kmc, error);
	if (code == HALL_OK)
		code = open_bank(options, site, tls, error);
	if (code == HALL_OK)
		code = hall_store_open(path, &site->hall.store, error);
	return code;
}

static void close_stores(struct hall_site *site, struct hall_tls *tls)
{
	hall_bank_close(&site->hall.bank);
	hall_store_close(site->hall.store);
	hall_ca_close(&site->hall.ca);
	hall_kmc_close(&site->hall.kmc);
	hall_tls_finish(tls);
}

static enum hall_code run(const char *url, struct hall_site *site, const struct hall_tls *tls, struct hall_error *error)
{
	struct hall_server *server = NULL;
	hall_service_repair(&site->hall);
	enum hall_code code = hall_server_start(site, &server, error);
	if (code != HALL_OK)
		return code;
	code = hall_bank_start(&site->hall.bank, error);
	if (code == HALL_OK) {
		if (tls->root_path)
			printf("keyhall-hall: TLS root %s\n", tls->root_path);
		printf("keyhall-hall: %s\n", url);
		fflush(stdout);
		hall_signals_wait();
	}
	hall_server_stop(server);
	return code;
}

static int serve(const struct hall_options *options)
{
	struct hall_site site = {0};
	struct hall_tls tls = {0};
	struct hall_places places;
	struct hall_error error;
	char url[64];

	hall_signals_prepare();
	hall_places_find(&places);
	enum hall_code code = set_site(options, &places, &site, &error);
	if (code == HALL_OK)
		code = choose_port(options, &site, &error);
	set_origin(options, &site, url, sizeof(url));
	if (code == HALL_OK)
		code = open_stores(options, &site, &tls, &error);
	if (code == HALL_OK)
		code = run(url, &site, &tls, &error);
	close_stores(&site, &tls);
	hall_downloads_close(site.downloads);
	hall_places_finish(&places);
	return report(code, &error);
}

/* ---- the bundle and the manifest --------------------------------------- */

/* Beside a running hall, too: its downloads show it at once. */
static enum hall_code write_bundle(const struct hall_options *options, struct hall_site *site, struct hall_error *error)
{
	HALL_AUTO_FREE char *url = crl_url(site->hall.settings.origin);
	HALL_AUTO_FREE char *path = options->out ? strdup(options->out) : hall_path(options->downloads, HALL_BUNDLE);
	struct hall_signer signer = {0};
	enum hall_code code = hall_ca_make(options->state, options->ca_key, url, error);

	if (code == HALL_OK)
		code = hall_ca_open(options->state, &site->hall.ca, error);
	if (code == HALL_OK)
		code = hall_signer_open(options->state, &signer, error);
	if (code == HALL_OK)
		code = hall_bundle_write(site, &signer, path, error);
	if (code == HALL_OK)
		printf("%s\nsigned by %s\n", path, signer.id);
	hall_signer_close(&signer);
	return code;
}

static int bundle(const struct hall_options *options)
{
	struct hall_site site = {0};
	struct hall_places places = {0};
	struct hall_error error;
	char url[64];
	enum hall_code code = set_site(options, &places, &site, &error);

	if (code == HALL_OK && !options->out && !options->downloads)
		code = hall_fail_field(&error, "--downloads");
	if (code == HALL_OK && options->port == 0 && !options->origin)
		code = hall_fail_field(&error, "--origin");
	if (code == HALL_OK)
		code = choose_port(options, &site, &error);
	set_origin(options, &site, url, sizeof(url));
	if (code == HALL_OK)
		code = write_bundle(options, &site, &error);
	hall_ca_close(&site.hall.ca);
	hall_downloads_close(site.downloads);
	return report(code, &error);
}

static int manifest(const struct hall_options *options)
{
	struct hall_downloads *downloads = NULL;
	struct hall_signer signer = {0};
	struct hall_error error;
	HALL_AUTO_FREE char *path = !options->downloads ? NULL : hall_path(options->downloads, HALL_MANIFEST);
	enum hall_code code = !path ? hall_fail_field(&error, "--downloads")
				    : hall_downloads_open(options->downloads, &downloads, &error);

	if (code == HALL_OK)
		code = hall_signer_open(options->state, &signer, &error);
	if (code == HALL_OK)
		code = hall_manifest_write(downloads, &signer, path, &error);
	if (code == HALL_OK)
		printf("%s\nsigned by %s\n", path, signer.id);
	hall_signer_close(&signer);
	hall_downloads_close(downloads);
	return report(code, &error);
}

/* ---- operator ---------------------------------------------------------- */

/* Works on the store; only while no server runs there. */
static int operate(const struct hall_options *options)
{
	struct hall_site site = {.address = "127.0.0.1", .port = 1};
	struct hall_tls tls = {0};
	struct hall_error error;
	struct hall_order order = {0};
	site.hall.settings.origin = default_origin(options);
	site.hall.settings.ca_tries = options->ca_tries;
	site.hall.settings.ca_retry_seconds = options->ca_retry_seconds;

	enum hall_code code =
		!options->argument ? hall_fail_field(&error, "ORDER") : open_stores(options, &site, &tls, &error);
	if (code == HALL_OK)
		code = hall_service_look(&site.hall, options->argument, &order, &error);
	if (code == HALL_OK)
		code = strcmp(options->command, "retry") == 0 ? hall_service_retry(&site.hall, &order, &error)
							      : hall_service_refund(&site.hall, &order, &error);
	if (code == HALL_OK)
		printf("%s %s\n", order.id, hall_state_name(order.state));
	hall_order_finish(&order);
	close_stores(&site, &tls);
	return report(code, &error);
}

int main(int argc, char **argv)
{
	struct hall_options options;

	if (!hall_options_read(argc, argv, &options))
		return 2;
	if (options.help || options.version) {
		if (options.help)
			hall_options_help();
		else
			puts("keyhall-hall " HALL_VERSION);
		return EXIT_SUCCESS;
	}
	hall_process_protect();
	hall_clock_shift(options.time_offset);
	if (strcmp(options.command, "init") == 0)
		return init(&options);
	if (strcmp(options.command, "certify") == 0)
		return certify(&options);
	if (strcmp(options.command, "bundle") == 0)
		return bundle(&options);
	if (strcmp(options.command, "manifest") == 0)
		return manifest(&options);
	return strcmp(options.command, "serve") == 0 ? serve(&options) : operate(&options);
}
