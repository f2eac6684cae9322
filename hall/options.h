/* The command line: one table of options, shared by every subcommand. */
#ifndef HALL_OPTIONS_H
#define HALL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "site.h"

struct hall_options {
	const char *command; /* "serve", "init", "certify", "bundle", "manifest", "retry", "refund" */
	const char *argument;
	const char *state;
	const char *bind;
	const char *origin;
	const char *pages, *downloads;
	const char *csr, *out, *usage, *credit_code, *ca_key, *kmc_padding;
	const char *window_before, *window_after;
	const char *name_zh, *name_en, *hotline, *agent_minimum;
	struct hall_about about;
	long port, price, payment_seconds, ca_retry_seconds, ca_tries, reissues, envelopes, connections;
	long time_offset;
	long not_before_days, not_after_days;
	long agent_ports[HALL_PORTS_MAX];
	size_t agent_port_count;
	bool https, dual, allow_single, help, version;
};

/* False: a sentence about what is wrong went to stderr. */
bool hall_options_read(int argc, char **argv, struct hall_options *options);
void hall_options_help(void);

#endif
