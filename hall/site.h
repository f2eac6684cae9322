/*
 * The hall as a web site: everything the routes need beside the orders.
 */
#ifndef HALL_SITE_H
#define HALL_SITE_H

#include "service.h"

#define HALL_PORTS_MAX 4
#define HALL_BODY_MAX (256 * 1024)

/* What the pages say about the house, beside its name; NULL: not said. */
struct hall_about {
	const char *ca_zh, *ca_en;
	const char *address_zh, *address_en;
	const char *hours_zh, *hours_en;
	const char *icp;
	/* addresses to open */
	const char *agent_download, *driver_download, *apply;
};

struct hall_site {
	struct hall hall;
	const char *address; /* IPv4 to listen on */
	unsigned port;
	unsigned connections; /* of one address; 0: no limit */
	const char *pages;    /* folders */
	const char *sdk;
	struct hall_downloads *downloads; /* NULL: none */
	const char *tls_key;		  /* PEM; NULL: plain http */
	const char *tls_certificate;
	const char *name_zh, *name_en, *hotline;
	struct hall_about about;
	const char *window_before, *window_after; /* as given, for the page */
	const char *agent_minimum;
	unsigned agent_ports[HALL_PORTS_MAX];
	size_t agent_port_count;
};

struct hall_server;

/* Listens. The site must stay until hall_server_stop(). */
HALL_CHECKED enum hall_code hall_server_start(struct hall_site *site, struct hall_server **server,
					      struct hall_error *error);
void hall_server_stop(struct hall_server *server);

#endif
