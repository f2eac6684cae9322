/* What the store's files share; nobody else includes it. */
#ifndef HALL_STORE_OWN_H
#define HALL_STORE_OWN_H

#include <sqlite3.h>

struct hall_store {
	sqlite3 *db;
};

#endif
