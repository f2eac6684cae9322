/* keyhalld with its token host, driven as a page would drive it. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define START_SECONDS 20

const char *const product_origins[PRODUCT_ORIGINS] = {"https://hall.example.cn", "https://b.example.cn",
						      "https://c.example.cn", "https://d.example.cn"};

static void write_configuration(const char *path, const struct product *product, const struct fixture *fixture,
				const char *state)
{
	char anchor[BENCH_PATH + 16];
	json_t *origins = json_array(), *configuration;

	snprintf(anchor, sizeof anchor, "%s/root.pem", fixture->folder);
	for (int i = 0; i < PRODUCT_ORIGINS; i++)
		json_array_append_new(origins, json_string(product_origins[i]));
	configuration = json_pack("{s:i, s:o, s:[{s:s}], s:s, s:s, s:[s], s:s}", "port", product->port, "origins",
				  origins, "modules", "path", fixture->module, "pinentry", fixture->pinentry, "state",
				  state, "anchors", anchor, "locale", "en");
	if (!configuration || json_dump_file(configuration, path, 0) != 0)
		bench_die("cannot write %s", path);
	json_decref(configuration);
}

void product_start(struct product *product, const struct fixture *fixture, const char *configuration)
{
	static int instance;
	char program[BENCH_PATH + 32], state[BENCH_PATH + 32], settings[BENCH_PATH + 64], log[BENCH_PATH + 16];
	char home[BENCH_PATH + 64], runtime[BENCH_PATH + 64], softhsm[BENCH_PATH + 64], softkey[BENCH_PATH + 64];
	char *argv[] = {program, "--config", settings, "--foreground", NULL};
	char *environment[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", home, runtime, softhsm, softkey, NULL};

	*product = (struct product){.port = process_free_port(), .client = {.fd = -1}};
	snprintf(program, sizeof program, "%s/agent/keyhalld", fixture->build);
	snprintf(state, sizeof state, "%s/state-%d", fixture->folder, instance++);
	snprintf(settings, sizeof settings, "%s/keyhall.json", state);
	snprintf(log, sizeof log, "%s/daemon.log", fixture->folder);
	snprintf(home, sizeof home, "HOME=%s", state);
	snprintf(runtime, sizeof runtime, "XDG_RUNTIME_DIR=%s", state);
	snprintf(softhsm, sizeof softhsm, "SOFTHSM2_CONF=%s", configuration);
	snprintf(softkey, sizeof softkey, "SOFTKEY_STORE=%s", configuration);
	if (mkdir(state, 0700) < 0)
		bench_die("%s: %s", state, strerror(errno));
	write_configuration(settings, product, fixture, state);
	product->daemon = process_start(argv, environment, log);
}

void product_connect(struct product *product, struct client *client, const char *origin)
{
	double deadline = bench_now() + START_SECONDS * 1e6;

	while (!client_open(client, product->port, origin, "keyhall.v1")) {
		if (bench_now() > deadline)
			bench_die("keyhalld does not listen after %d s", START_SECONDS);
		usleep(50);
	}
}

static bool is_notification(const struct client *client)
{
	return memmem(client->message, client->length < 120 ? client->length : 120, "\"method\"", 8) != NULL;
}

double product_call(struct product *product, const char *method, const char *params)
{
	struct client *client = &product->client;
	char *request;
	double start, stop;
	int length = asprintf(&request, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}",
			      ++product->next_id, method, params);

	if (length < 0)
		bench_die("out of memory");
	start = bench_now();
	client_send(client, request, (size_t)length);
	do
		client_receive(client);
	while (is_notification(client));
	stop = bench_now();
	if (memmem(client->message, client->length < 200 ? client->length : 200, "\"error\"", 7))
		bench_die("%s: %s", method, client->message);
	free(request);
	return stop - start;
}

static json_t *result_of(const struct product *product)
{
	json_error_t error;
	json_t *message = json_loads(product->client.message, 0, &error), *result;

	if (!message || !(result = json_object_get(message, "result")))
		bench_die("an answer without result: %.200s", product->client.message);
	json_incref(result);
	json_decref(message);
	return result;
}

static char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		bench_die("an answer without %s", name);
	return strdup(text);
}

void product_hello(struct product *product)
{
	product_call(product, "agent.hello", "{\"protocols\":[1],\"locale\":\"en\"}");
}

/* Right after the start a module may still be loading. */
static void find_token(struct product *product)
{
	double deadline = bench_now() + START_SECONDS * 1e6;

	while (!product->token[0]) {
		json_t *result, *first;

		product_call(product, "token.list", "{}");
		result = result_of(product);
		first = json_array_get(json_object_get(result, "tokens"), 0);
		if (first)
			snprintf(product->token, sizeof product->token, "%s",
				 json_string_value(json_object_get(first, "token")));
		json_decref(result);
		if (bench_now() > deadline)
			bench_die("the agent shows no token");
	}
}

double product_login(struct product *product)
{
	double time;
	char *params;

	find_token(product);
	if (asprintf(&params, "{\"token\":\"%s\"}", product->token) < 0)
		bench_die("out of memory");
	time = product_call(product, "pin.verify", params);
	free(params);
	return time;
}

size_t product_certificates(struct product *product, char **first)
{
	json_t *result, *list;
	size_t count;

	product_call(product, "certificate.list", "{}");
	result = result_of(product);
	list = json_object_get(result, "certificates");
	count = json_array_size(list);
	if (first && count > 0)
		*first = text_of(json_array_get(list, 0), "id");
	json_decref(result);
	return count;
}

double product_begin(struct product *product, struct renewal *renewal, const char *certificate)
{
	static int number;
	json_t *params, *result;
	double time;
	char *text;

	*renewal = (struct renewal){0};
	snprintf(renewal->order, sizeof renewal->order, "BENCH-%d-%d", (int)getpid(), ++number);
	params = json_pack("{s:s, s:s, s:s, s:s}", "order", renewal->order, "certificate", certificate, "key", "new",
			   "keyType", "ec-p256");
	text = json_dumps(params, JSON_COMPACT);
	time = product_call(product, "renewal.begin", text);
	result = result_of(product);
	renewal->request = text_of(result, "csr");
	json_decref(result);
	json_decref(params);
	free(text);
	return time;
}

double product_install(struct product *product, struct renewal *renewal, const struct ca *ca)
{
	json_t *params, *result;
	double time;
	char *text;

	renewal->pem = ca_renew(ca, renewal->request);
	params = json_pack("{s:s, s:s, s:[]}", "order", renewal->order, "certificate", renewal->pem, "chain");
	text = json_dumps(params, JSON_COMPACT);
	time = product_call(product, "renewal.install", text);
	result = result_of(product);
	free(text_of(result, "receipt"));
	json_decref(result);
	json_decref(params);
	free(text);
	return time;
}

double product_complete(struct product *product, struct renewal *renewal, char **certificate)
{
	char params[64];
	double time;

	snprintf(params, sizeof params, "{\"order\":\"%s\"}", renewal->order);
	time = product_call(product, "renewal.complete", params);
	free(*certificate);
	*certificate = ca_fingerprint(renewal->pem);
	free(renewal->request);
	free(renewal->pem);
	return time;
}

pid_t product_host(const struct product *product)
{
	pid_t host = process_child(product->daemon, "keyhall-token");

	if (host < 0)
		bench_die("the daemon has no token host");
	return host;
}

void product_stop(struct product *product)
{
	client_close(&product->client);
	process_stop(product->daemon);
}

void product_open(struct product *product, const struct fixture *fixture, const char *configuration)
{
	product_start(product, fixture, configuration);
	product_connect(product, &product->client, product_origins[0]);
	product_hello(product);
	find_token(product);
}
