/*
 * keyhall replay: what pages asked in a trace is asked once more, of a daemon's inside
 * on the test token, which fails where the traced module has.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "redact.h"
#include "text.h"
#include "tool/alone.h"
#include "tool/recording.h"
#include "tool/scene.h"
#include "tool/tool.h"

#define PATIENCE_SECONDS 600
#define NUMBER_SIZE 24
#define PEM "-----BEGIN"

/* What stands in the trace for what there is here. */
struct pair {
	struct pair *next;
	char *traced, *real;
};

struct replay {
	const struct kh_tool *tool;
	struct kh_recording recording;
	struct kh_authority *authority;
	struct kh_scene scene;
	struct kh_client *client;
	struct pair *pairs;
	const struct kh_certificate_list_result *listed; /* in the trace, first; NULL: never */
	enum kh_usage usage;				 /* of the certificate that is renewed */
	char *request;					 /* the last one */
	size_t same, all;
};

/* --- what is what --- */

static struct pair *find(const struct replay *replay, const char *traced)
{
	struct pair *pair = replay->pairs;

	while (pair && strcmp(pair->traced, traced) != 0)
		pair = pair->next;
	return pair;
}

static void add(struct replay *replay, const char *traced, const char *real)
{
	struct pair *pair = find(replay, traced) ? NULL : calloc(1, sizeof(*pair));

	if (!pair)
		return;
	*pair = (struct pair){replay->pairs, strdup(traced), strdup(real)};
	replay->pairs = pair;
}

static void learn(void *context, char **traced, char **real)
{
	add(context, *traced, *real);
}

static void put(void *context, char **text, char **same)
{
	const struct pair *pair = find(context, *text);

	(void)same;
	if (!pair)
		return;
	free(*text);
	*text = strdup(pair->real);
}

static void forget(struct replay *replay)
{
	while (replay->pairs) {
		struct pair *pair = replay->pairs;

		replay->pairs = pair->next;
		free(pair->traced);
		free(pair->real);
		free(pair);
	}
	free(replay->request);
}

/* --- the key --- */

/* Nothing is ever played on another module than the test token. */
static bool is_test_token(struct replay *replay)
{
	struct kh_token_list_result keys = {0};
	bool good = kh_client_call(replay->client, KH_METHOD_TOKEN_LIST, NULL, &keys, NULL) == KH_OK &&
		    keys.tokens_count > 0;

	for (size_t i = 0; i < keys.tokens_count; i++)
		good = good && strncmp(keys.tokens[i].label, KH_SCENE_LABEL, strlen(KH_SCENE_LABEL)) == 0;
	kh_clear(&kh_token_list_result_type, &keys);
	return good;
}

/* Each has for its serial number its place in the traced list. */
static bool meet_certificates(struct replay *replay)
{
	struct kh_certificate_list_result here = {0};
	bool good = kh_client_call(replay->client, KH_METHOD_CERTIFICATE_LIST, NULL, &here, NULL) == KH_OK;

	for (size_t i = 0; i < here.certificates_count; i++) {
		struct kh_certificate_info *real = &here.certificates[i];
		long place = strtol(real->base.serial_number, NULL, 16);

		if (place > 0 && (size_t)place <= replay->listed->certificates_count)
			kh_private_walk(&kh_certificate_info_type, &replay->listed->certificates[place - 1], real,
					learn, replay);
	}
	kh_clear(&kh_certificate_list_result_type, &here);
	return good;
}

/* --- a request --- */

/* The test token has SM2 only by a vendor's numbers. */
static void suit(struct replay *replay, struct kh_renewal_begin_params *params)
{
	if (params->key_type == KH_KEY_TYPE_SM2)
		params->key_type = KH_KEY_TYPE_EC_P256;
	for (size_t i = 0; replay->listed && i < replay->listed->certificates_count; i++) {
		const struct kh_key_certificate *one = &replay->listed->certificates[i].base;

		if (strcmp(one->id, params->certificate) == 0)
			replay->usage = one->usage;
	}
}

/* The hall's part: the certificate for the last request. Its chain is the authority alone. */
static void certify(struct replay *replay, struct kh_renewal_install_params *params)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer pem = {0};

	for (size_t i = 0; i < params->chain_count; i++)
		free(params->chain[i]);
	params->chain_count = 0;
	if (params->encryption) {
		kh_tool_print(stdout, replay->tool->locale, "tool.replay.encryption", NULL, "\n");
		kh_clear(&kh_encryption_type, params->encryption);
		free(kh_steal(&params->encryption));
	}
	if (strncmp(params->certificate, PEM, strlen(PEM)) == 0 || !replay->request ||
	    !kh_authority_issue(replay->authority, replay->request, replay->usage, &pem))
		return;
	add(replay, params->certificate, pem.data);
	put(replay, &params->certificate, NULL);
}

static void prepare(struct replay *replay, struct kh_step *step)
{
	void *params = step->asked.params;

	if (step->asked.method->id == KH_METHOD_RENEWAL_BEGIN)
		suit(replay, params);
	kh_private_walk(step->asked.method->params, params, params, put, replay);
	if (step->asked.method->id == KH_METHOD_RENEWAL_INSTALL)
		certify(replay, params);
}

/* Lists need not be in the same order here. */
static bool teaches(const struct kh_method *method)
{
	return strncmp(method->name, "renewal.", 8) == 0 && method->id != KH_METHOD_RENEWAL_LIST;
}

static void take(struct replay *replay, struct kh_step *step, void *result)
{
	const struct kh_method *method = step->asked.method;

	if (method->id == KH_METHOD_RENEWAL_BEGIN) {
		free(replay->request);
		replay->request = strdup(((struct kh_renewal_begin_result *)result)->csr);
	}
	if (step->result && teaches(method))
		kh_private_walk(method->result, step->result, result, learn, replay);
}

static enum kh_code ask(struct replay *replay, struct kh_step *step)
{
	const struct kh_method *method = step->asked.method;
	KH_AUTO_FREE void *result = calloc(1, method->result->size);
	enum kh_code code;

	if (!result || (step->faults.length > 0 && !kh_scene_fault(&replay->scene, &step->faults)))
		return KH_AGENT_FAILED;
	code = kh_client_call(replay->client, (enum kh_method_id)method->id, step->asked.params, result, NULL);
	if (code == KH_OK) {
		take(replay, step, result);
		kh_clear(method->result, result);
	}
	return code;
}

static void tell_call(const struct replay *replay, size_t number, const struct kh_step *step, enum kh_code code)
{
	const char *locale = replay->tool->locale;
	KH_AUTO(kh_buffer_finish) struct kh_buffer well = {0};
	char place[NUMBER_SIZE];
	bool same = strcmp(step->failure, kh_code_name(code)) == 0;
	const char *values[] = {"number", place, "method", step->asked.method->name, "answer", NULL,
				"traced", NULL,	 NULL};

	kh_text(&well, locale, "tool.replay.well", NULL);
	snprintf(place, sizeof(place), "%3zu", number);
	values[5] = code == KH_OK ? well.data : kh_code_name(code);
	values[7] = step->failure[0] == '\0' ? well.data : step->failure;
	kh_tool_print(stdout, locale, same ? "tool.replay.same" : "tool.replay.other", values, "\n");
}

static void play(struct replay *replay, size_t number, struct kh_step *step)
{
	enum kh_code code;

	prepare(replay, step);
	code = ask(replay, step);
	replay->all++;
	replay->same += strcmp(step->failure, kh_code_name(code)) == 0;
	tell_call(replay, number, step, code);
	fflush(stdout);
}

/* --- the whole --- */

static int complain(const struct kh_tool *tool, const char *key, const char *name, const char *value)
{
	const char *values[] = {name, value, NULL};

	kh_tool_print(stderr, tool->locale, key, values, "\n");
	return EXIT_FAILURE;
}

static int play_all(struct replay *replay)
{
	char same[NUMBER_SIZE], all[NUMBER_SIZE];
	const char *values[] = {"same", same, "all", all, NULL};

	for (size_t i = 0; i < replay->recording.count; i++) {
		if (replay->recording.steps[i].answered)
			play(replay, i + 1, &replay->recording.steps[i]);
	}
	snprintf(same, sizeof(same), "%zu", replay->same);
	snprintf(all, sizeof(all), "%zu", replay->all);
	kh_tool_print(stdout, replay->tool->locale, "tool.replay.sum", values, "\n");
	return replay->same == replay->all ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct kh_certificate_list_result *find_list(const struct kh_recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		const struct kh_step *step = &recording->steps[i];

		if (step->asked.method->id == KH_METHOD_CERTIFICATE_LIST && step->result)
			return step->result;
	}
	return NULL;
}

static int set_up(struct replay *replay)
{
	const struct kh_tool *tool = replay->tool;
	const char *module = tool->given[KH_TOOL_OPTION_MODULE];
	const struct kh_error failed = {.code = KH_AGENT_FAILED};

	replay->listed = find_list(&replay->recording);
	replay->authority = kh_authority_new();
	if (!replay->authority ||
	    !kh_scene_open(&replay->scene, module, tool->given[KH_TOOL_OPTION_PINENTRY], replay->authority,
			   replay->listed) ||
	    kh_client_alone(&replay->scene.settings, false, tool->locale, &replay->client) != KH_CLIENT_OK)
		return kh_tool_complain(tool, &failed);
	kh_client_patience(replay->client, PATIENCE_SECONDS);
	if (!is_test_token(replay) || (replay->listed && !meet_certificates(replay)))
		return complain(tool, "tool.replay.module", "module", module);
	return EXIT_SUCCESS;
}

static int read_trace(struct replay *replay)
{
	char place[NUMBER_SIZE];
	size_t line;
	const char *values[] = {"file", replay->tool->argument, "line", NULL, NULL};

	if (kh_recording_read(replay->tool->argument, &replay->recording, &line) == KH_OK)
		return EXIT_SUCCESS;
	snprintf(place, sizeof(place), "%zu", line);
	values[3] = line > 0 ? place : NULL;
	kh_tool_print(stderr, replay->tool->locale, "tool.replay.unread", values, "\n");
	return EXIT_FAILURE;
}

static void finish(struct replay *replay)
{
	kh_client_free(replay->client);
	kh_scene_close(&replay->scene);
	kh_authority_free(replay->authority);
	kh_recording_finish(&replay->recording);
	forget(replay);
}

int kh_tool_replay(struct kh_tool *tool)
{
	struct replay replay = {.tool = tool};
	int status;

	if (!tool->given[KH_TOOL_OPTION_MODULE]) {
		const char *values[] = {"command", tool->command->name, "argument", "--module", NULL};

		kh_tool_print(stderr, tool->locale, "tool.wrong.argument", values, "\n");
		return KH_TOOL_USAGE;
	}
	status = read_trace(&replay);
	if (status == EXIT_SUCCESS)
		status = set_up(&replay);
	if (status == EXIT_SUCCESS)
		status = play_all(&replay);
	finish(&replay);
	return status;
}
