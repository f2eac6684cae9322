/* The hall's own small CA: what was issued and revoked stands in ca.db. */
#include "ca_openssl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "ca_build.h"
#include "ca_own.h"
#include "certificate.h"
#include "cleanup.h"
#include "clock.h"
#include "sql.h"
#include "system.h"
#include "window.h"

#define CRL_REFRESH_SECONDS 86400

static const char *const schema[] = {
	"CREATE TABLE certificate (serial TEXT PRIMARY KEY, id TEXT NOT NULL, request TEXT UNIQUE, pem TEXT NOT NULL,"
	" issued INTEGER NOT NULL, confirmed INTEGER, revoked INTEGER);"
	"CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
};

static enum hall_code unavailable(struct hall_ca_openssl *own, struct hall_error *error)
{
	return hall_file_exists(own->down) ? hall_fail(error, HALL_E_CA_UNAVAILABLE) : HALL_OK;
}

/* ---- the list ---------------------------------------------------------- */

static enum hall_code crl(void *self, uint8_t **der, size_t *length, struct hall_error *error)
{
	struct hall_ca_openssl *own = self;
	enum hall_code code = HALL_OK;
	int64_t age = hall_clock_now() - hall_ca_setting_number(own->db, "crl_time");

	if (age < 0 || age > CRL_REFRESH_SECONDS || !hall_file_exists(own->crl))
		code = hall_ca_publish(own, error);
	/* The list before is good until its nextUpdate, when a new one cannot be written. */
	*der = (uint8_t *)hall_file_read(own->crl, (size_t)64 << 20, length);
	if (*der)
		return HALL_OK;
	return code != HALL_OK ? code : hall_fail_call(error, "read", "crl.der");
}

/* crl_time 0 says that the list is older than the records. */
static enum hall_code record_revoked(struct hall_ca_openssl *own, const char *serial, struct hall_error *error)
{
	enum hall_code code = hall_sql_begin(own->db, error);
	if (code != HALL_OK)
		return code;
	code = hall_sql_run(own->db, error, "UPDATE certificate SET revoked=? WHERE serial=? AND revoked IS NULL", "is",
			    hall_clock_now(), serial);
	if (code == HALL_OK && sqlite3_changes(own->db) > 0)
		code = hall_ca_set(own->db, "crl_time", "0", error);
	return hall_sql_end(own->db, code, error);
}

static enum hall_code revoke(void *self, const char *serial, struct hall_error *error)
{
	struct hall_ca_openssl *own = self;
	enum hall_code code = unavailable(own, error);
	if (code == HALL_OK)
		code = record_revoked(own, serial, error);
	if (code == HALL_OK && hall_ca_setting_number(own->db, "crl_time") == 0)
		code = hall_ca_publish(own, error);
	return code;
}

/* ---- certificates ------------------------------------------------------ */

static char *issued_before(sqlite3 *db, const char *request)
{
	sqlite3_stmt *row = hall_sql_ask(db, "SELECT pem FROM certificate WHERE request=?", "s", request);
	char *pem = row && sqlite3_step(row) == SQLITE_ROW ? strdup(hall_sql_text(row, 0)) : NULL;
	sqlite3_finalize(row);
	return pem;
}

static enum hall_code record(struct hall_ca_openssl *own, X509 *certificate, const char *request, char **pem,
			     struct hall_error *error)
{
	HALL_AUTO_FREE char *text = !certificate ? NULL : hall_certificate_pem(certificate);
	struct hall_certificate read;
	enum hall_code code;

	if (!text)
		return hall_fail_call(error, "X509_sign", "certificate");
	if (hall_certificate_read(text, "certificate", &read, NULL) != HALL_OK)
		return hall_fail_call(error, "d2i_X509", "certificate");
	code = hall_sql_run(own->db, error,
			    "INSERT INTO certificate (serial, id, request, pem, issued) VALUES (?,?,?,?,?)", "ssssi",
			    read.serial, read.id, request, text, hall_clock_now());
	hall_certificate_finish(&read);
	if (code == HALL_OK)
		*pem = hall_steal(&text);
	return code;
}

/* 0: no time. */
static int64_t time_of(const ASN1_TIME *time)
{
	struct tm parts;
	return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

/* A year from the end of the old one, or from now when that is over. */
static int64_t new_end(X509 *old, int64_t now)
{
	static const struct hall_span year = {.years = 1};
	int64_t end = time_of(X509_get0_notAfter(old));
	return hall_span_add(end > now ? end : now, &year, 1);
}

/* The second certificate's validity is the first one's to the second. */
static X509 *build_encryption(struct hall_ca_openssl *own, X509 *signing, EVP_PKEY *key)
{
	HALL_AUTO_FREE char *url = hall_ca_setting(own->db, "crl_url");
	struct hall_ca_leaf leaf = {.key = key,
				    .subject = X509_get_subject_name(signing),
				    .not_before = time_of(X509_get0_notBefore(signing)),
				    .not_after = time_of(X509_get0_notAfter(signing)),
				    .crl_url = !url ? "" : url,
				    .usage = "encrypt",
				    .credit = hall_credit_extension(signing),
				    .names = signing};
	return hall_ca_build_leaf(&leaf, own->files.issuing, own->files.issuing_key);
}

static X509 *build(struct hall_ca_openssl *own, const struct hall_ca_request *request, X509_REQ *csr)
{
	HALL_AUTO_FREE char *url = hall_ca_setting(own->db, "crl_url");
	int64_t now = hall_clock_now();
	struct hall_ca_leaf leaf = {
		.key = X509_REQ_get0_pubkey(csr),
		.subject = X509_get_subject_name(request->old),
		.not_before = now - HALL_CA_BACKDATE,
		.not_after = new_end(request->old, now),
		.crl_url = !url ? "" : url,
		.like = request->old,
	};
	return hall_ca_build_leaf(&leaf, own->files.issuing, own->files.issuing_key);
}

static enum hall_code issue(void *self, const struct hall_ca_request *request, char **pem, struct hall_error *error)
{
	struct hall_ca_openssl *own = self;
	enum hall_code code = unavailable(own, error);
	if (code != HALL_OK)
		return code;
	*pem = issued_before(own->db, request->request);
	if (*pem)
		return HALL_OK;
	X509_REQ *csr = NULL;
	if (hall_request_read(request->csr, "csr", &csr, NULL) != HALL_OK)
		return hall_fail_what(error, HALL_E_CA_REFUSED, "csr");
	X509 *certificate = build(own, request, csr);
	code = record(own, certificate, request->request, pem, error);
	X509_free(certificate);
	X509_REQ_free(csr);
	return code;
}

static enum hall_code reissue(void *self, const struct hall_ca_request *request, const char *superseded, char **pem,
			      struct hall_error *error)
{
	HALL_AUTO_FREE char *text = NULL;
	enum hall_code code = issue(self, request, &text, error);
	if (code == HALL_OK)
		code = revoke(self, superseded, error);
	if (code == HALL_OK)
		*pem = hall_steal(&text);
	return code;
}

/* The key centre must not have changed its mind about a key that was certified. */
static enum hall_code check_key(const char *pem, EVP_PKEY *key, struct hall_error *error)
{
	struct hall_certificate read;
	enum hall_code code = hall_certificate_read(pem, "certificate", &read, error);
	if (code != HALL_OK)
		return code;
	bool same = EVP_PKEY_eq(X509_get0_pubkey(read.x509), key) == 1;
	hall_certificate_finish(&read);
	return same ? HALL_OK : hall_fail_what(error, HALL_E_CA_REFUSED, "encryption key");
}

static enum hall_code encryption(void *self, const char *request, X509 *signing, EVP_PKEY *key, char **pem,
				 struct hall_error *error)
{
	struct hall_ca_openssl *own = self;
	enum hall_code code = unavailable(own, error);
	if (code != HALL_OK)
		return code;
	HALL_AUTO_FREE char *text = issued_before(own->db, request);
	if (!text) {
		X509 *certificate = build_encryption(own, signing, key);
		code = record(own, certificate, request, &text, error);
		X509_free(certificate);
	}
	if (code == HALL_OK)
		code = check_key(text, key, error);
	if (code == HALL_OK)
		*pem = hall_steal(&text);
	return code;
}

static enum hall_code status(void *self, X509 *certificate, enum hall_ca_status *out, struct hall_error *error)
{
	struct hall_ca_openssl *own = self;
	HALL_AUTO_FREE char *pem = hall_certificate_pem(certificate);
	struct hall_certificate read;
	enum hall_code code =
		!pem ? hall_fail(error, HALL_E_FAILED) : hall_certificate_read(pem, "certificate", &read, error);

	if (code != HALL_OK)
		return code;
	sqlite3_stmt *row =
		hall_sql_ask(own->db, "SELECT revoked IS NOT NULL FROM certificate WHERE id=?", "s", read.id);
	int step = !row ? SQLITE_ERROR : sqlite3_step(row);
	if (step == SQLITE_ROW)
		*out = sqlite3_column_int(row, 0) ? HALL_CA_REVOKED : HALL_CA_GOOD;
	else if (step == SQLITE_DONE)
		*out = HALL_CA_FOREIGN;
	else
		code = hall_fail_call(error, "sqlite3_step", "certificate");
	sqlite3_finalize(row);
	hall_certificate_finish(&read);
	return code;
}

static enum hall_code confirm(void *self, const char *serial, struct hall_error *error)
{
	struct hall_ca_openssl *own = self;
	enum hall_code code = unavailable(own, error);
	if (code != HALL_OK)
		return code;
	return hall_sql_run(own->db, error, "UPDATE certificate SET confirmed=coalesce(confirmed,?) WHERE serial=?",
			    "is", hall_clock_now(), serial);
}

enum hall_code hall_ca_certify(struct hall_ca *ca, const struct hall_ca_certify *certify, char **pem,
			       struct hall_error *error)
{
	struct hall_ca_openssl *own = ca->self;
	HALL_AUTO_FREE char *url = hall_ca_setting(own->db, "crl_url");
	int64_t now = hall_clock_now();
	X509_REQ *csr = NULL;
	enum hall_code code = hall_request_read(certify->csr, "csr", &csr, error);

	if (code != HALL_OK)
		return code;
	struct hall_ca_leaf leaf = {
		.key = X509_REQ_get0_pubkey(csr),
		.subject = X509_REQ_get_subject_name(csr),
		.not_before = now + (int64_t)certify->not_before_days * 86400,
		.not_after = now + (int64_t)certify->not_after_days * 86400,
		.crl_url = !url ? "" : url,
		.usage = certify->usage,
		.credit = certify->credit_code ? hall_credit_extension_new(certify->credit_code)
					       : hall_credit_extension_asked(csr),
	};
	X509 *certificate = hall_ca_build_leaf(&leaf, own->files.issuing, own->files.issuing_key);
	code = record(own, certificate, NULL, pem, error);
	X509_EXTENSION_free(leaf.credit);
	X509_free(certificate);
	X509_REQ_free(csr);
	return code;
}

/* ---- opening ----------------------------------------------------------- */

static enum hall_code open_at(struct hall_ca_openssl *own, const char *state, const char *folder,
			      struct hall_error *error)
{
	HALL_AUTO_FREE char *db = hall_path(folder, "ca.db");
	own->down = hall_path(state, "ca-down");
	own->crl = hall_path(folder, "crl.der");
	if (!db || !own->down || !own->crl)
		return hall_fail_call(error, "asprintf", "path");
	enum hall_code code = hall_ca_files_read(folder, &own->files, error);
	return code == HALL_OK ? hall_sql_open(db, schema, 1, &own->db, error) : code;
}

enum hall_code hall_ca_open(const char *state, struct hall_ca *ca, struct hall_error *error)
{
	HALL_AUTO_FREE char *folder = hall_path(state, "ca");
	struct hall_ca_openssl *own = calloc(1, sizeof(*own));
	struct hall_ca out = {.self = own,
			      .issue = issue,
			      .reissue = reissue,
			      .encryption = encryption,
			      .status = status,
			      .confirm = confirm,
			      .revoke = revoke,
			      .crl = crl};
	enum hall_code code =
		!own || !folder ? hall_fail_call(error, "calloc", "ca") : open_at(own, state, folder, error);
	/* A crash between a revocation and its list is mended here. */
	if (code == HALL_OK)
		code = hall_ca_publish(own, error);
	if (code != HALL_OK) {
		hall_ca_close(&out);
		return code;
	}
	out.root = own->files.root_pem;
	out.issuing = own->files.issuing_pem;
	*ca = out;
	return HALL_OK;
}

void hall_ca_close(struct hall_ca *ca)
{
	struct hall_ca_openssl *own = ca->self;
	if (!own)
		return;
	hall_ca_files_finish(&own->files);
	sqlite3_close(own->db);
	free(own->down);
	free(own->crl);
	free(own);
	*ca = (struct hall_ca){0};
}

enum hall_code hall_ca_set_crl_url(struct hall_ca *ca, const char *url, struct hall_error *error)
{
	struct hall_ca_openssl *own = ca->self;
	if (strlen(url) > 255 || strpbrk(url, ",\\ "))
		return hall_fail_field(error, "origin");
	return hall_ca_set(own->db, "crl_url", url, error);
}

enum hall_code hall_ca_make(const char *state, const char *key, const char *crl_url, struct hall_error *error)
{
	HALL_AUTO_FREE char *folder = hall_path(state, "ca");
	struct hall_ca ca;
	if (!folder || !hall_folder_make(state) || !hall_folder_make(folder))
		return hall_fail_call(error, "mkdir", state);
	enum hall_code code = hall_ca_files_make(folder, key, error);
	if (code == HALL_OK)
		code = hall_ca_open(state, &ca, error);
	if (code != HALL_OK)
		return code;
	struct hall_ca_openssl *own = ca.self;
	HALL_AUTO_FREE char *url = hall_ca_setting(own->db, "crl_url");
	if (!url)
		code = hall_ca_set_crl_url(&ca, crl_url, error);
	hall_ca_close(&ca);
	return code;
}
