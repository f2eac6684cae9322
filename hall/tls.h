/*
 * A TLS certificate for localhost, made by the hall for demos: its own small
 * root, which may only sign for localhost and this address, and one server
 * certificate. Files in STATE/tls: root.pem (give it to the browser),
 * server.pem, server.key. The root's key is thrown away after its one signature.
 */
#ifndef HALL_TLS_H
#define HALL_TLS_H

#include <stdbool.h>

#include "error.h"

struct hall_tls {
	char *folder;
	char *root_path;
	char *key;	   /* PEM */
	char *certificate; /* PEM */
};

/* address: IPv4 the server listens on, beside 127.0.0.1. Made anew when it is
 * missing, when it ends within a month, or was made for another address. */
HALL_CHECKED enum hall_code hall_tls_open(const char *state, const char *address, struct hall_tls *tls,
					  struct hall_error *error);
void hall_tls_finish(struct hall_tls *tls);

#endif
