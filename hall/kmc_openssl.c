/* The hall's own small key centre. */
#include "kmc_openssl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "cleanup.h"
#include "clock.h"
#include "encode.h"
#include "key.h"
#include "sql.h"
#include "system.h"

struct hall_kmc_openssl {
	sqlite3 *db;
	char *down;
	enum hall_padding padding;
	uint8_t key[HALL_WRAP_KEY_SIZE];
};

static const char *const schema[] = {
	"CREATE TABLE pair (order_id TEXT NOT NULL, signing TEXT NOT NULL, public TEXT NOT NULL, wrapped TEXT NOT NULL,"
	" created INTEGER NOT NULL, PRIMARY KEY (order_id, signing)) WITHOUT ROWID;"
	"CREATE TABLE delivery (number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, order_id TEXT NOT "
	"NULL,"
	" signing TEXT NOT NULL)",
};

static enum hall_code begin(struct hall_kmc_openssl *own, EVP_PKEY *signing, char id[HALL_HASH_SIZE],
			    struct hall_error *error)
{
	if (hall_file_exists(own->down))
		return hall_fail(error, HALL_E_CA_UNAVAILABLE);
	return hall_key_hash(signing, id) ? HALL_OK : hall_fail_call(error, "i2d_PUBKEY", "signing key");
}

static const char *format(void *self, EVP_PKEY *signing)
{
	(void)self;
	return hall_envelope_format(signing);
}

/* ---- the archive ------------------------------------------------------- */

static EVP_PKEY *read_public(const char *text)
{
	size_t length;
	HALL_AUTO_FREE uint8_t *der = hall_base64_decode(text, strlen(text), &length);
	const uint8_t *at = der;
	return !der ? NULL : d2i_PUBKEY(NULL, &at, (long)length);
}

static EVP_PKEY *read_private(const struct hall_kmc_openssl *own, const char *text)
{
	size_t length, used = 0;
	HALL_AUTO_FREE uint8_t *wrapped = hall_base64_decode(text, strlen(text), &length);
	uint8_t *plain = !wrapped ? NULL : malloc(length);
	const uint8_t *at = plain;
	EVP_PKEY *key = NULL;
	if (plain && hall_unwrap(own->key, wrapped, length, plain, &used))
		key = d2i_AutoPrivateKey(NULL, &at, (long)used);
	if (plain)
		OPENSSL_cleanse(plain, length);
	free(plain);
	return key;
}

enum part { PUBLIC, PRIVATE };

/* *key NULL: there is none. */
static enum hall_code find(struct hall_kmc_openssl *own, const char *order, const char *signing, enum part part,
			   EVP_PKEY **key, struct hall_error *error)
{
	sqlite3_stmt *row = hall_sql_ask(own->db, "SELECT public, wrapped FROM pair WHERE order_id=? AND signing=?",
					 "ss", order, signing);
	int step = !row ? SQLITE_ERROR : sqlite3_step(row);
	enum hall_code code = HALL_OK;

	*key = NULL;
	if (step == SQLITE_ROW) {
		*key = part == PUBLIC ? read_public(hall_sql_text(row, 0)) : read_private(own, hall_sql_text(row, 1));
		if (!*key)
			code = hall_fail_call(error, "read the archived key", order);
	} else if (step != SQLITE_DONE) {
		code = hall_fail_call(error, "sqlite3_step", "pair");
	}
	sqlite3_finalize(row);
	return code;
}

static char *wrap(const struct hall_kmc_openssl *own, EVP_PKEY *key)
{
	uint8_t *plain = NULL;
	size_t used = 0;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int size = !info ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, &plain);
	HALL_AUTO_FREE uint8_t *out = size <= 0 ? NULL : malloc(hall_wrapped_size((size_t)size));
	bool done = out && hall_wrap(own->key, plain, (size_t)size, out, &used);
	OPENSSL_clear_free(plain, size > 0 ? (size_t)size : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	return done ? hall_base64(out, used) : NULL;
}

static char *public_text(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int length = i2d_PUBKEY(key, &der);
	char *text = length <= 0 ? NULL : hall_base64(der, (size_t)length);
	OPENSSL_free(der);
	return text;
}

static enum hall_code add(struct hall_kmc_openssl *own, const char *order, const char *signing, EVP_PKEY *like,
			  struct hall_error *error)
{
	EVP_PKEY *key = hall_envelope_key_new(like);
	HALL_AUTO_FREE char *public = !key ? NULL : public_text(key);
	HALL_AUTO_FREE char *wrapped = !key ? NULL : wrap(own, key);
	EVP_PKEY_free(key);
	if (!public || !wrapped)
		return hall_fail_call(error, "EVP_PKEY_generate", "encryption key");
	return hall_sql_run(own->db, error, "INSERT OR IGNORE INTO pair VALUES (?,?,?,?,?)", "ssssi", order, signing,
			    public, wrapped, hall_clock_now());
}

static enum hall_code pair(void *self, const char *order, EVP_PKEY *signing, EVP_PKEY **key, struct hall_error *error)
{
	struct hall_kmc_openssl *own = self;
	char id[HALL_HASH_SIZE];
	enum hall_code code = begin(own, signing, id, error);
	if (code == HALL_OK)
		code = find(own, order, id, PUBLIC, key, error);
	if (code != HALL_OK || *key)
		return code;
	code = add(own, order, id, signing, error);
	if (code == HALL_OK)
		code = find(own, order, id, PUBLIC, key, error);
	return code == HALL_OK && !*key ? hall_fail_call(error, "find", "pair") : code;
}

static enum hall_code envelope(void *self, const char *order, EVP_PKEY *signing, uint8_t **data, size_t *length,
			       struct hall_error *error)
{
	struct hall_kmc_openssl *own = self;
	char id[HALL_HASH_SIZE];
	EVP_PKEY *key = NULL;
	enum hall_code code = begin(own, signing, id, error);
	if (code == HALL_OK)
		code = find(own, order, id, PRIVATE, &key, error);
	if (code == HALL_OK && !key)
		code = hall_fail_call(error, "find", "pair");
	/* The record comes first: no envelope without one. */
	if (code == HALL_OK)
		code = hall_sql_run(own->db, error, "INSERT INTO delivery (time, order_id, signing) VALUES (?,?,?)",
				    "iss", hall_clock_now(), order, id);
	if (code == HALL_OK && !hall_envelope_make(signing, key, own->padding, data, length))
		code = hall_fail_call(error, "make", "envelope");
	EVP_PKEY_free(key);
	return code;
}

/* ---- opening ----------------------------------------------------------- */

/* A lost key makes no new one beside an archive that it could not open. */
static enum hall_code make_key(const char *path, const char *db, struct hall_error *error)
{
	uint8_t key[HALL_WRAP_KEY_SIZE];
	if (hall_file_exists(db))
		return hall_fail_call(error, "read the key centre's key (its archive is there)", path);
	bool done = RAND_priv_bytes(key, sizeof(key)) == 1 && hall_file_write(path, key, sizeof(key), true);
	OPENSSL_cleanse(key, sizeof(key));
	return done ? HALL_OK : hall_fail_call(error, "write", path);
}

static enum hall_code read_key(struct hall_kmc_openssl *own, const char *path, struct hall_error *error)
{
	size_t length = 0;
	char *data = hall_file_read(path, sizeof(own->key), &length);
	bool whole = data && length == sizeof(own->key);
	if (whole)
		memcpy(own->key, data, length);
	if (data)
		OPENSSL_cleanse(data, length);
	free(data);
	return whole ? HALL_OK : hall_fail_call(error, "read", path);
}

static enum hall_code open_at(struct hall_kmc_openssl *own, const char *state, const char *folder,
			      struct hall_error *error)
{
	HALL_AUTO_FREE char *db = hall_path(folder, "kmc.db");
	HALL_AUTO_FREE char *key = hall_path(folder, "kmc.key");
	own->down = hall_path(state, "kmc-down");
	if (!db || !key || !own->down)
		return hall_fail_call(error, "asprintf", "path");
	if (!hall_folder_make(folder))
		return hall_fail_call(error, "mkdir", folder);
	enum hall_code code = hall_file_exists(key) ? HALL_OK : make_key(key, db, error);
	if (code == HALL_OK)
		code = read_key(own, key, error);
	return code == HALL_OK ? hall_sql_open(db, schema, 1, &own->db, error) : code;
}

enum hall_code hall_kmc_open(const char *state, enum hall_padding padding, struct hall_kmc *kmc,
			     struct hall_error *error)
{
	HALL_AUTO_FREE char *folder = hall_path(state, "kmc");
	struct hall_kmc_openssl *own = calloc(1, sizeof(*own));
	struct hall_kmc out = {.self = own, .format = format, .pair = pair, .envelope = envelope};
	if (!own || !folder) {
		free(own);
		return hall_fail_call(error, "calloc", "kmc");
	}
	own->padding = padding;
	enum hall_code code = open_at(own, state, folder, error);
	if (code == HALL_OK)
		*kmc = out;
	else
		hall_kmc_close(&out);
	return code;
}

void hall_kmc_close(struct hall_kmc *kmc)
{
	struct hall_kmc_openssl *own = kmc->self;
	if (!own)
		return;
	sqlite3_close(own->db);
	OPENSSL_cleanse(own->key, sizeof(own->key));
	free(own->down);
	free(own);
	*kmc = (struct hall_kmc){0};
}

bool hall_kmc_exists(const char *state)
{
	HALL_AUTO_FREE char *key = hall_path(state, "kmc/kmc.key");
	return key && hall_file_exists(key);
}
