/* The scenes that are about time: start, listings, a renewal. */
#include <stdlib.h>
#include <unistd.h>

#include "scenes.h"

#define REQUEST 75 /* bytes of a typical request, for the echo */

struct row {
	struct samples product, echo, module;
};

static void row_finish(struct setting *setting, const char *name, struct row *row, enum reference reference, double aim)
{
	report_times(setting->report, name, &row->product, &row->echo, &row->module, reference, aim);
	samples_finish(&row->product);
	samples_finish(&row->echo);
	samples_finish(&row->module);
}

static double time_load(const struct setting *setting, const char *configuration)
{
	double start = bench_now();

	module_open(setting->fixture.module, configuration);
	return bench_now() - start;
}

static double time_first_list(const struct setting *setting, const char *configuration)
{
	double start;

	module_open(setting->fixture.module, configuration);
	module_list_tokens();
	start = bench_now();
	module_list();
	return bench_now() - start;
}

void scene_start(struct setting *setting)
{
	struct row row = {0};

	for (int round = setting->small ? 8 : 40; round > 0; round--) {
		struct product product;
		struct echo echo;
		double start = bench_now();

		product_start(&product, &setting->fixture, stage_token(setting, 1, PARTY_PRODUCT));
		product_connect(&product, &product.client, product_origins[0]);
		product_hello(&product);
		samples_add(&row.product, bench_now() - start);
		product_stop(&product);

		start = bench_now();
		stage_echo_start(&echo, setting);
		stage_echo_connect(&echo);
		stage_echo_call(&echo, REQUEST);
		samples_add(&row.echo, bench_now() - start);
		stage_echo_stop(&echo);

		samples_add(&row.module, stage_in_child(time_load, setting, stage_token(setting, 1, PARTY_MODULE)));
	}
	row_finish(setting, "start to first hello", &row, REFERENCE_BOTH, 0.8);
}

static void first_list(struct setting *setting, int certificates)
{
	struct row row = {0};
	char name[64];

	for (int round = setting->small ? 6 : 30; round > 0; round--) {
		struct product product;
		struct echo echo;

		product_open(&product, &setting->fixture, stage_token(setting, certificates, PARTY_PRODUCT));
		samples_add(&row.product, product_call(&product, "certificate.list", "{}"));
		product_stop(&product);

		stage_echo_start(&echo, setting);
		stage_echo_connect(&echo);
		samples_add(&row.echo, stage_echo_call(&echo, REQUEST));
		stage_echo_stop(&echo);

		samples_add(&row.module,
			    stage_in_child(time_first_list, setting, stage_token(setting, certificates, PARTY_MODULE)));
	}
	snprintf(name, sizeof name, "certificate.list, first, %d", certificates);
	row_finish(setting, name, &row, REFERENCE_BOTH, certificates == 100 ? 1.3 : 0);
}

static double write_one(const struct setting *setting, const char *configuration)
{
	unsigned char point[67], *der;
	struct renewed pair;
	EVP_PKEY *key;
	size_t length;

	module_open(setting->fixture.module, configuration);
	module_login();
	module_begin(&pair, point);
	key = ca_p256(point + 2, 65);
	length = ca_issue(&setting->fixture.ca, key, "another program", &der);
	module_install(&pair, der, length);
	return 0;
}

/* A list from memory must not hide what another program writes. */
static void check_freshness(struct setting *setting, struct product *product, int certificates)
{
	size_t before = product_certificates(product, NULL), after;

	stage_in_child(write_one, setting, stage_token(setting, certificates, PARTY_PRODUCT));
	after = product_certificates(product, NULL);
	if (before != (size_t)certificates || after != before + 1)
		bench_die("%zu certificates, then another program wrote one, then %zu", before, after);
}

/* A hello needs a connection of its own. */
static double hello_once(struct product *product)
{
	struct client kept = product->client;
	double time;

	product_connect(product, &product->client, product_origins[1]);
	time = product_call(product, "agent.hello", "{\"protocols\":[1],\"locale\":\"en\"}");
	client_close(&product->client);
	product->client = kept;
	usleep(500);
	return time;
}

static void warm_calls(struct setting *setting, struct product *product, struct echo *echo)
{
	struct row hello = {0}, tokens = {0};

	for (int round = setting->small ? 60 : 400; round > 0; round--) {
		samples_add(&hello.product, hello_once(product));
		samples_add(&hello.echo, stage_echo_call(echo, REQUEST));
		samples_add(&tokens.product, product_call(product, "token.list", "{}"));
		samples_add(&tokens.echo, stage_echo_call(echo, REQUEST));
		{
			double start = bench_now();

			module_list_tokens();
			samples_add(&tokens.module, bench_now() - start);
		}
	}
	row_finish(setting, "agent.hello", &hello, REFERENCE_ECHO, 0);
	row_finish(setting, "token.list", &tokens, REFERENCE_MODULE, 0);
}

void scene_lists(struct setting *setting, int certificates)
{
	struct row row = {0};
	struct product product;
	struct echo echo;
	char name[64];

	first_list(setting, certificates);
	stage_one_core(true);
	product_open(&product, &setting->fixture, stage_token(setting, certificates, PARTY_PRODUCT));
	stage_echo_start(&echo, setting);
	stage_echo_connect(&echo);
	module_open(setting->fixture.module, stage_token(setting, certificates, PARTY_MODULE));
	if (certificates == 1)
		warm_calls(setting, &product, &echo);
	if (product_certificates(&product, NULL) != (size_t)certificates || module_list() != (size_t)certificates)
		bench_die("a listing is not complete");
	for (int round = setting->small ? 40 : 300; round > 0; round--) {
		double start;

		samples_add(&row.product, product_call(&product, "certificate.list", "{}"));
		samples_add(&row.echo, stage_echo_call(&echo, REQUEST));
		start = bench_now();
		module_list();
		samples_add(&row.module, bench_now() - start);
	}
	snprintf(name, sizeof name, "certificate.list, repeated, %d", certificates);
	row_finish(setting, name, &row, REFERENCE_MODULE, certificates > 1 ? 0.2 : 0);
	module_close();
	if (certificates == 10)
		check_freshness(setting, &product, certificates);
	stage_echo_stop(&echo);
	product_stop(&product);
	stage_one_core(false);
}

static void module_round(struct setting *setting, struct row *begin, struct row *install)
{
	unsigned char point[67], *der;
	struct renewed pair;
	double start = bench_now();
	EVP_PKEY *key;
	size_t length;

	module_begin(&pair, point);
	samples_add(&begin->module, bench_now() - start);
	key = ca_p256(point + 2, 65);
	length = ca_issue(&setting->fixture.ca, key, "新证书", &der);
	start = bench_now();
	module_install(&pair, der, length);
	samples_add(&install->module, bench_now() - start);
	module_forget(&pair);
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void add_sum(struct samples *sum, const struct samples *a, const struct samples *b)
{
	for (size_t i = 0; i < a->count; i++)
		samples_add(sum, a->values[i] + b->values[i]);
}

void scene_renewal(struct setting *setting)
{
	struct row begin = {0}, install = {0}, both = {0};
	struct product product;
	struct echo echo;
	char *certificate;

	stage_one_core(true);
	product_open(&product, &setting->fixture, stage_token(setting, 1, PARTY_PRODUCT));
	product_certificates(&product, &certificate);
	product_login(&product);
	stage_echo_start(&echo, setting);
	stage_echo_connect(&echo);
	module_open(setting->fixture.module, stage_token(setting, 1, PARTY_MODULE));
	module_login();
	for (int round = setting->small ? 12 : 100; round > 0; round--) {
		struct renewal renewal;

		samples_add(&begin.product, product_begin(&product, &renewal, certificate));
		samples_add(&install.product, product_install(&product, &renewal, &setting->fixture.ca));
		product_complete(&product, &renewal, &certificate);
		samples_add(&begin.echo, stage_echo_call(&echo, 200));
		samples_add(&install.echo, stage_echo_call(&echo, 1200));
		module_round(setting, &begin, &install);
	}
	add_sum(&both.product, &begin.product, &install.product);
	add_sum(&both.echo, &begin.echo, &install.echo);
	add_sum(&both.module, &begin.module, &install.module);
	row_finish(setting, "renewal.begin, P-256", &begin, REFERENCE_BOTH, 0);
	row_finish(setting, "renewal.install", &install, REFERENCE_BOTH, 0);
	row_finish(setting, "begin + install", &both, REFERENCE_BOTH, 1.4);
	module_close();
	stage_echo_stop(&echo);
	product_stop(&product);
	stage_one_core(false);
	free(certificate);
}
