/* What the small CA's files share; nobody else includes it. */
#ifndef HALL_CA_OWN_H
#define HALL_CA_OWN_H

#include <sqlite3.h>

#include "ca_files.h"

struct hall_ca_openssl {
	struct hall_ca_files files;
	sqlite3 *db;
	char *down;
	char *crl;
};

/* Settings in ca.db: crl_url, crl_number (taken last), crl_written, crl_time. The caller frees the text;
 * NULL and 0: not set. */
char *hall_ca_setting(sqlite3 *db, const char *name);
int64_t hall_ca_setting_number(sqlite3 *db, const char *name);
HALL_CHECKED enum hall_code hall_ca_set(sqlite3 *db, const char *name, const char *value, struct hall_error *error);

/* Writes crl.der anew, with the next number. */
HALL_CHECKED enum hall_code hall_ca_publish(struct hall_ca_openssl *own, struct hall_error *error);

#endif
