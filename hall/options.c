/* The command line. */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, TEXT, ADDRESS, NUMBER, PORTS };

static const struct option {
	const char *name;
	enum kind kind;
	size_t at;
	long min, max;
	const char *value;
	const char *help;
} options[] = {
#define AT(member) offsetof(struct hall_options, member)
	{"--state", TEXT, AT(state), 0, 0, "DIR", "folder of orders, CA and bank; made when missing (needed)"},
	{"--port", NUMBER, AT(port), 0, 65535, "N", "port to listen on (8080, with --https 8443; 0: a free one)"},
	{"--bind", TEXT, AT(bind), 0, 0, "IPV4", "address to listen on (127.0.0.1)"},
	{"--https", FLAG, AT(https), 0, 0, NULL, "TLS with a certificate made for localhost"},
	{"--connections", NUMBER, AT(connections), 0, 1000, "N",
	 "connections from one address at a time (200; 0: no limit)"},
	{"--origin", TEXT, AT(origin), 0, 0, "URL", "own origin as browsers write it (http://localhost:PORT)"},
	{"--agent-port", PORTS, AT(agent_ports), 1, 65535, "N",
	 "port of the key agent; may be repeated (18317, 28317)"},
	{"--agent-minimum", TEXT, AT(agent_minimum), 0, 0, "V", "oldest version of the key agent (0.1.0)"},
	{"--name-zh", TEXT, AT(name_zh), 0, 0, "TEXT", "name of the hall in Chinese"},
	{"--name-en", TEXT, AT(name_en), 0, 0, "TEXT", "name of the hall in English"},
	{"--hotline", TEXT, AT(hotline), 0, 0, "TEXT", "telephone number of the hotline"},
	{"--ca-zh", TEXT, AT(about.ca_zh), 0, 0, "TEXT", "name of the CA in Chinese, at the foot of each page"},
	{"--ca-en", TEXT, AT(about.ca_en), 0, 0, "TEXT", "the same in English"},
	{"--address-zh", TEXT, AT(about.address_zh), 0, 0, "TEXT", "its address"},
	{"--address-en", TEXT, AT(about.address_en), 0, 0, "TEXT", "the same in English"},
	{"--hours-zh", TEXT, AT(about.hours_zh), 0, 0, "TEXT", "its hours of service"},
	{"--hours-en", TEXT, AT(about.hours_en), 0, 0, "TEXT", "the same in English"},
	{"--icp", TEXT, AT(about.icp), 0, 0, "TEXT", "ICP licence of the site"},
	{"--agent-download", ADDRESS, AT(about.agent_download), 0, 0, "URL",
	 "where pages send people for the key agent (with --downloads: /downloads)"},
	{"--downloads", TEXT, AT(downloads), 0, 0, "DIR",
	 "folder with installers of the key agent, for everybody to download"},
	{"--driver-download", ADDRESS, AT(about.driver_download), 0, 0, "URL", "and for the drivers of keys"},
	{"--apply", ADDRESS, AT(about.apply), 0, 0, "URL", "and for a new certificate"},
	{"--price", NUMBER, AT(price), 1, 100000000, "CENTS", "price of a renewal (20000)"},
	{"--window-before", TEXT, AT(window_before), 0, 0, "SPAN", "renewal opens so long before the end (1 month)"},
	{"--window-after", TEXT, AT(window_after), 0, 0, "SPAN", "and closes so long after it (1 year)"},
	{"--payment-seconds", NUMBER, AT(payment_seconds), 1, 86400, "N", "life of a payment (900)"},
	{"--ca-retry-seconds", NUMBER, AT(ca_retry_seconds), 0, 600, "N", "first pause when the CA is away (10)"},
	{"--ca-tries", NUMBER, AT(ca_tries), 1, 1000, "N", "then a person must look: MANUAL (20)"},
	{"--reissues", NUMBER, AT(reissues), 0, 100, "N", "re-issues of an order with another key (3)"},
	{"--dual", FLAG, AT(dual), 0, 0, NULL, "two certificates: the key centre makes an encryption key too"},
	{"--allow-single", FLAG, AT(allow_single), 0, 0, NULL,
	 "with --dual: one for a key that takes no encryption key"},
	{"--kmc-oaep", TEXT, AT(kmc_padding), 0, 0, "P",
	 "envelopes to RSA keys: OAEP with sha1 or sha256, or pkcs1 (sha1)"},
	{"--envelopes", NUMBER, AT(envelopes), 0, 1000, "N", "further envelopes of an encryption key (10)"},
	{"--ca-key", TEXT, AT(ca_key), 0, 0, "TYPE", "init: ec-p256, rsa3072 or sm2 (ec-p256)"},
	{"--csr", TEXT, AT(csr), 0, 0, "FILE", "certify: the certificate request, PEM"},
	{"--not-before-days", NUMBER, AT(not_before_days), -36500, 36500, "N", "certify: begin, days from now (-1)"},
	{"--not-after-days", NUMBER, AT(not_after_days), -36500, 36500, "N", "certify: end, days from now (365)"},
	{"--credit-code", TEXT, AT(credit_code), 0, 0, "CODE",
	 "certify: unified social credit code (else the request's)"},
	{"--usage", TEXT, AT(usage), 0, 0, "U", "certify: sign, encrypt or both (sign)"},
	{"--out", TEXT, AT(out), 0, 0, "FILE",
	 "certify: write the certificate here instead of printing it; bundle: write it here"},
	{"--pages", TEXT, AT(pages), 0, 0, "DIR", "serve the pages of this folder"},
	{"--time-offset", NUMBER, AT(time_offset), -315360000, 315360000, "S",
	 "rehearsals: the hall's clock is S ahead"},
	{"--help", FLAG, AT(help), 0, 0, NULL, "this text"},
	{"--version", FLAG, AT(version), 0, 0, NULL, "version"},
#undef AT
};

#define COUNT (sizeof(options) / sizeof(*options))

void hall_options_help(void)
{
	fputs("keyhall-hall: a reference service hall for online certificate renewal\n\n"
	      "  keyhall-hall --state DIR [OPTIONS]             serve\n"
	      "  keyhall-hall init --state DIR                  make the CA\n"
	      "  keyhall-hall certify --state DIR --csr FILE    a company's first certificate\n"
	      "  keyhall-hall bundle --state DIR OPTIONS        the configuration of the key agent for this hall\n"
	      "  keyhall-hall manifest --state DIR OPTIONS      the signed list of the newest installers\n"
	      "  keyhall-hall retry --state DIR ORDER           a MANUAL order goes to the CA again\n"
	      "  keyhall-hall refund --state DIR ORDER          a PAID or MANUAL order gets its money back\n\n",
	      stdout);
	for (size_t i = 0; i < COUNT; i++) {
		char left[40];
		snprintf(left, sizeof(left), "%s %s", options[i].name, !options[i].value ? "" : options[i].value);
		printf("  %-24s %s\n", left, options[i].help);
	}
}

static bool complain(const char *what, const char *value)
{
	fprintf(stderr, "keyhall-hall: %s: %s (see --help)\n", what, value);
	return false;
}

static bool read_number(const struct option *option, const char *text, long *out)
{
	char *end;
	*out = strtol(text, &end, 10);
	if (text[0] == '\0' || *end != '\0' || *out < option->min || *out > option->max)
		return complain(option->name, "not a number it takes");
	return true;
}

/* https://, http:// or a path of this hall: nothing that a link could run. */
static bool read_address(const struct option *option, const char *text, const char **out)
{
	*out = text;
	if (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0 || text[0] == '/')
		return true;
	return complain(option->name, "not an address it takes");
}

static bool set(struct hall_options *out, const struct option *option, const char *value)
{
	void *member = (char *)out + option->at;
	switch (option->kind) {
	case FLAG:
		*(bool *)member = true;
		return true;
	case TEXT:
		*(const char **)member = value;
		return true;
	case ADDRESS:
		return read_address(option, value, member);
	case NUMBER:
		return read_number(option, value, member);
	case PORTS:
		if (out->agent_port_count == HALL_PORTS_MAX)
			return complain(option->name, "too many");
		return read_number(option, value, &out->agent_ports[out->agent_port_count++]);
	}
	return false;
}

static const struct option *find(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static bool is_command(const char *word)
{
	static const char *const words[] = {"serve", "init", "certify", "bundle", "manifest", "retry", "refund"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

bool hall_options_read(int argc, char **argv, struct hall_options *out)
{
	*out = (struct hall_options){.command = "serve",
				     .bind = "127.0.0.1",
				     .port = -1,
				     .price = 20000,
				     .window_before = "1 month",
				     .window_after = "1 year",
				     .payment_seconds = 900,
				     .ca_retry_seconds = 10,
				     .ca_tries = 20,
				     .reissues = 3,
				     .envelopes = 10,
				     .connections = 200,
				     .ca_key = "ec-p256",
				     .kmc_padding = "sha1",
				     .not_before_days = -1,
				     .not_after_days = 365,
				     .usage = "sign",
				     .name_zh = "数字证书网上服务厅",
				     .name_en = "Certificate Service Hall",
				     .hotline = "400-000-0000",
				     .agent_minimum = "0.1.0"};
	int at = 1;
	if (argc > 1 && is_command(argv[1]))
		out->command = argv[at++];
	for (; at < argc; at++) {
		const struct option *option = find(argv[at]);
		if (!option && argv[at][0] != '-' && !out->argument) {
			out->argument = argv[at];
			continue;
		}
		if (!option)
			return complain("unknown option", argv[at]);
		if (option->kind != FLAG && at + 1 == argc)
			return complain("value missing", argv[at]);
		if (!set(out, option, option->kind == FLAG ? NULL : argv[++at]))
			return false;
	}
	if (!out->state && !out->help && !out->version)
		return complain("needed", "--state DIR");
	return true;
}
