/*
 * Asking before judging.
 */
#include "environment/checkup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment/judge.h"
#include "field.h"
#include "renewal/show.h"
#include "token/report.h"
#include "watch.h"

struct look {
	struct kh_agent *agent;
	char locale[KH_LOCALE_MAX + 1];
	char *token; /* NULL: none was chosen */
	int64_t hall_time;
	struct kh_host_reader_list_result readers;
	struct kh_host_chain_look_params certificates;
	struct kh_host_chain_look_result chains;
	kh_checkup_done done;
	void *context;
};

/* Asking may start it: only where a driver works through it. */
static enum kh_reader_service ask_reader(const struct kh_modules *modules)
{
	for (size_t i = 0; i < modules->count; i++) {
		if (kh_token_link_host(modules->items[i].link)->reader)
			return kh_reader_service();
	}
	return KH_READER_RUNS;
}

static bool on_bus(const struct kh_usb *usb, const struct kh_profile *family)
{
	const struct kh_usb_found *key;

	for (size_t n = 0; (key = kh_usb_key(usb, n)); n++) {
		if (key->family == family)
			return true;
	}
	return false;
}

/* Names the families of the cards; a key that is a reader with a card in it is on the bus, too. */
static size_t know_cards(const struct kh_profiles *profiles, const struct kh_usb *usb,
			 struct kh_host_reader_list_result *readers, struct kh_usb_found *cards)
{
	size_t count = 0;

	for (size_t i = 0; i < readers->readers_count; i++) {
		struct kh_card_reader *reader = &readers->readers[i];
		const struct kh_profile *family = reader->atr ? kh_family_of_atr(profiles, reader->atr) : NULL;

		if (!family)
			continue;
		reader->family = strdup(family->file.name);
		if (!on_bus(usb, family))
			cards[count++] = (struct kh_usb_found){.family = family};
	}
	return count;
}

static void judge(struct look *look, struct kh_checkup *checkup)
{
	struct kh_agent *agent = look->agent;
	struct kh_usb_found cards[KH_HOST_READER_LIST_RESULT_READERS_MAX];
	size_t cards_count = know_cards(kh_watch_profiles(agent), kh_watch_usb(agent), &look->readers, cards);
	const struct kh_environment environment = {
		.settings = agent->settings,
		.modules = &agent->modules,
		.profiles = kh_watch_profiles(agent),
		.usb = kh_watch_usb(agent),
		.cards = cards,
		.cards_count = cards_count,
		.renewals = &checkup->renewals,
		.chains = &look->chains,
		.token = look->token,
		.now = kh_agent_now(),
		.hall_time = look->hall_time,
		.reader = ask_reader(&agent->modules),
		.journal_works = agent->server && kh_journal_works(agent->journal),
		.ipv6 = agent->server && kh_server_ipv6(agent->server),
		.running = agent->server,
		.unreached = agent->unreached,
	};

	kh_environment_judge(&environment, look->locale, &checkup->check);
}

/* What a module could not answer shows in its state. */
static void have_residues(void *context, struct kh_residues *residues, const struct kh_error *error)
{
	struct look *look = context;
	struct kh_checkup checkup = {.renewals = {0}};

	(void)error;
	if (kh_renewal_collect(look->agent, residues, &checkup.renewals, NULL) != KH_OK)
		checkup.renewals = (struct kh_renewal_list_result){0};
	judge(look, &checkup);
	checkup.readers = look->readers;
	look->done(look->context, &checkup);
	kh_clear(&kh_environment_check_result_type, &checkup.check);
	kh_clear(&kh_renewal_list_result_type, &checkup.renewals);
	kh_clear(&kh_host_reader_list_result_type, &checkup.readers);
	kh_clear(&kh_host_chain_look_params_type, &look->certificates);
	kh_clear(&kh_host_chain_look_result_type, &look->chains);
	free(look->token);
	free(look);
}

/* Without an answer what was found before stands. */
static void keep(enum kh_code code, const struct kh_type *type, void *found, void *result)
{
	if (code != KH_OK)
		return;
	kh_clear(type, found);
	memcpy(found, result, type->size);
	memset(result, 0, type->size);
}

static void have_chains(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct look *look = context;

	(void)error;
	keep(code, &kh_host_chain_look_result_type, &look->chains, result);
	kh_renewal_look_for_all(look->agent, have_residues, look);
}

static void add_certificates(struct look *look, const struct kh_host_certificate_found_params *found)
{
	struct kh_host_chain_look_params *params = &look->certificates;

	for (size_t i = 0; i < found->certificates_count; i++) {
		const struct kh_key_certificate *certificate = &found->certificates[i];

		if (params->certificates_count == KH_HOST_CHAIN_LOOK_PARAMS_CERTIFICATES_MAX)
			return;
		if (look->token && !kh_token_uri_fits(look->token, certificate->token))
			continue;
		params->certificates[params->certificates_count] = strdup(certificate->pem);
		if (params->certificates[params->certificates_count])
			params->certificates_count++;
	}
}

static void have_certificates(void *context, const struct kh_error *error)
{
	struct look *look = context;
	struct kh_modules *modules = &look->agent->modules;

	(void)error;
	look->certificates.certificates = calloc(KH_HOST_CHAIN_LOOK_PARAMS_CERTIFICATES_MAX, sizeof(char *));
	for (size_t i = 0; look->certificates.certificates && i < modules->count; i++)
		add_certificates(look, &modules->items[i].certificates);
	kh_modules_ask_any(modules, KH_HOST_METHOD_CHAIN_LOOK, &look->certificates, have_chains, look);
}

/* Also for what is kept from one check to the next: while every host has a PIN window open it stands. */
static void take(enum kh_code code, const struct kh_type *type, void *found, void *result, bool *tried)
{
	keep(code, type, found, result);
	if (code != KH_AGENT_BUSY)
		*tried = code == KH_OK;
}

static void have_readers(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct look *look = context;

	(void)error;
	keep(code, &kh_host_reader_list_result_type, &look->readers, result);
	kh_modules_list_certificates(&look->agent->modules, false, have_certificates, look);
}

/* Only a module that works through readers has the way to them. */
static void ask_readers(struct look *look)
{
	const struct kh_error none = {.code = KH_AGENT_FAILED};
	struct kh_modules *modules = &look->agent->modules;

	for (size_t i = 0; i < modules->count; i++) {
		struct kh_driver *driver = &modules->items[i];

		if (!kh_token_link_host(driver->link)->reader || kh_token_link_prompting(driver->link))
			continue;
		kh_modules_ask(modules, driver, KH_HOST_METHOD_READER_LIST, NULL, have_readers, look);
		return;
	}
	have_readers(look, none.code, NULL, &none);
}

static void have_window(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct look *look = context;
	struct kh_modules *modules = &look->agent->modules;

	(void)error;
	take(code, &kh_host_window_try_result_type, &modules->window, result, &modules->window_tried);
	ask_readers(look);
}

static void have_anchors(void *context, enum kh_code code, void *result, const struct kh_error *error)
{
	struct look *look = context;
	struct kh_modules *modules = &look->agent->modules;

	(void)error;
	take(code, &kh_host_anchors_read_result_type, &modules->anchors, result, &modules->anchors_read);
	kh_modules_ask_any(modules, KH_HOST_METHOD_WINDOW_TRY, NULL, have_window, look);
}

static void have_tokens(void *context, const struct kh_error *error)
{
	struct look *look = context;

	(void)error;
	kh_modules_ask_any(&look->agent->modules, KH_HOST_METHOD_ANCHORS_READ, NULL, have_anchors, look);
}

void kh_checkup(struct kh_agent *agent, const char *locale, const char *token, int64_t hall_time, kh_checkup_done done,
		void *context)
{
	struct kh_checkup none = {.check = {0}};
	struct look *look = calloc(1, sizeof(*look));

	if (look && token)
		look->token = strdup(token);
	if (!look || (token && !look->token)) {
		free(look);
		done(context, &none);
		return;
	}
	*look = (struct look){
		.agent = agent, .token = look->token, .hall_time = hall_time, .done = done, .context = context};
	snprintf(look->locale, sizeof(look->locale), "%s", locale);
	for (size_t i = 0; i < agent->modules.count; i++)
		kh_token_link_retry(agent->modules.items[i].link);
	kh_modules_list_tokens(&agent->modules, kh_watch_may_refresh(agent), have_tokens, look);
}

static void send_items(void *context, struct kh_checkup *checkup)
{
	kh_request_result(context, &checkup->check);
}

void kh_environment_check(struct kh_request *request)
{
	const struct kh_environment_check_params *params = request->message.params;
	int64_t hall_time = 0;

	if (params->time && !kh_time_parse(params->time, &hall_time))
		hall_time = 0;
	kh_checkup(request->agent, request->locale, params->token, hall_time, send_items, request);
}
