/*
 * The summary of a report.
 */
#include "tool/summary.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "tool/digest.h"
#include "tool/say.h"

/* What goes wrong because of another comes after it: no driver works without the card
 * service, no certificate is trusted at the wrong time. */
static const enum kh_environment_item_id ranks[] = {
	KH_ENVIRONMENT_ITEM_ID_AGENT,	KH_ENVIRONMENT_ITEM_ID_CLOCK,	    KH_ENVIRONMENT_ITEM_ID_READER,
	KH_ENVIRONMENT_ITEM_ID_DRIVER,	KH_ENVIRONMENT_ITEM_ID_USB,	    KH_ENVIRONMENT_ITEM_ID_KEY,
	KH_ENVIRONMENT_ITEM_ID_OTHER,	KH_ENVIRONMENT_ITEM_ID_PIN,	    KH_ENVIRONMENT_ITEM_ID_WINDOW,
	KH_ENVIRONMENT_ITEM_ID_ANCHORS, KH_ENVIRONMENT_ITEM_ID_CERTIFICATE, KH_ENVIRONMENT_ITEM_ID_SPACE,
	KH_ENVIRONMENT_ITEM_ID_HALL,	KH_ENVIRONMENT_ITEM_ID_VERSION,	    KH_ENVIRONMENT_ITEM_ID_BROWSER,
	KH_ENVIRONMENT_ITEM_ID_PENDING, KH_ENVIRONMENT_ITEM_ID_STATE,
};

static void heading(struct kh_buffer *out, const char *key)
{
	kh_buffer_append_text(out, "\n");
	kh_text(out, "en", key, NULL);
	kh_buffer_append_text(out, " / ");
	kh_text(out, "zh", key, NULL);
	kh_buffer_append_text(out, "\n");
}

static const struct kh_environment_item *same_in(const struct kh_report *report, const struct kh_environment_item *item)
{
	for (size_t i = 0; i < report->items_count; i++) {
		if (report->items[i].number == item->number)
			return &report->items[i];
	}
	return item;
}

static void tell_words(struct kh_buffer *out, const struct kh_environment_item *item)
{
	kh_buffer_printf(out, "        %s\n", item->text);
	if (item->remedy)
		kh_buffer_printf(out, "        -> %s%s%s\n", item->remedy->text, item->remedy->url ? " " : "",
				 item->remedy->url ? item->remedy->url : "");
}

static void tell_item(struct kh_buffer *out, const struct kh_environment_item *item, const struct kh_report *zh)
{
	kh_buffer_printf(out, "  %lld  %s  %s\n", (long long)item->number,
			 kh_enum_text(&kh_environment_item_state_names, (int)item->state), item->code);
	tell_words(out, item);
	tell_words(out, same_in(zh, item));
}

static size_t tell_items(struct kh_buffer *out, const struct kh_report *en, const struct kh_report *zh,
			 enum kh_environment_item_state state)
{
	size_t told = 0;

	for (size_t rank = 0; rank < sizeof(ranks) / sizeof(ranks[0]); rank++) {
		for (size_t i = 0; i < en->items_count; i++) {
			if (en->items[i].id != ranks[rank] || en->items[i].state != state)
				continue;
			if (told == 1)
				heading(out, "tool.summary.also");
			tell_item(out, &en->items[i], zh);
			told++;
		}
	}
	return told;
}

/* A driver that died and was started again: every row may be well by now. */
static size_t tell_deaths(struct kh_buffer *out, const struct kh_report *report)
{
	size_t told = 0;

	for (size_t i = 0; i < report->modules_count; i++) {
		const struct kh_module_report *module = &report->modules[i];
		struct kh_error error = {.code = KH_TOKEN_FAILED};
		char text[512];

		if (!module->last_failure)
			continue;
		snprintf(error.call, sizeof(error.call), "%s", module->last_failure);
		kh_buffer_printf(out, "  %d  %s  %s\n", KH_TOKEN_FAILED, kh_code_name(KH_TOKEN_FAILED), module->module);
		kh_error_text(&error, "en", text, sizeof(text));
		kh_buffer_printf(out, "        %s\n", text);
		kh_error_text(&error, "zh", text, sizeof(text));
		kh_buffer_printf(out, "        %s\n", text);
		told++;
	}
	return told;
}

static void tell_cause(struct kh_buffer *out, const struct kh_report *en, const struct kh_report *zh)
{
	heading(out, "tool.summary.cause");
	if (tell_items(out, en, zh, KH_ENVIRONMENT_ITEM_STATE_FAIL) + tell_deaths(out, en) > 0)
		return;
	if (tell_items(out, en, zh, KH_ENVIRONMENT_ITEM_STATE_WARN) > 0)
		return;
	kh_buffer_append_text(out, "  ");
	kh_text(out, "en", "tool.summary.none", NULL);
	kh_buffer_append_text(out, "\n  ");
	kh_text(out, "zh", "tool.summary.none", NULL);
	kh_buffer_append_text(out, "\n");
}

static void tell_versions(struct kh_buffer *out, const struct kh_report *report)
{
	heading(out, "tool.summary.versions");
	kh_buffer_printf(out, "  keyhall %s, %s\n", report->version, report->system);
	kh_buffer_append_text(out, " ");
	for (size_t i = 0; i < report->libraries_count; i++)
		kh_buffer_printf(out, "%s %s", i > 0 ? "," : "", report->libraries[i]);
	kh_buffer_printf(out, "\n  port %lld\n", (long long)report->port);
	for (size_t i = 0; i < report->origins_count; i++)
		kh_buffer_printf(out, "  origin %s\n", report->origins[i]);
}

static void tell_checks(struct kh_buffer *out, const struct kh_report *en, const struct kh_report *zh)
{
	heading(out, "tool.summary.checks");
	for (size_t i = 0; i < en->items_count; i++) {
		const struct kh_environment_item *item = &en->items[i];

		kh_buffer_printf(out, "  %-7s %lld  %s / %s\n",
				 kh_enum_text(&kh_environment_item_state_names, (int)item->state),
				 (long long)item->number, item->text, same_in(zh, item)->text);
	}
}

static void tell_keys(struct kh_buffer *out, const struct kh_report *report)
{
	heading(out, "tool.summary.keys");
	for (size_t i = 0; i < report->tokens_count; i++) {
		const struct kh_token_info *token = &report->tokens[i];

		kh_buffer_printf(out, "  %s, %s, %s, %s; %s; PIN %s\n", token->label, token->serial,
				 token->manufacturer, token->model, token->module,
				 kh_enum_text(&kh_pin_state_names, (int)token->pin));
	}
	for (size_t i = 0; i < report->usb_count; i++)
		kh_buffer_printf(out, "  USB %s %s\n", report->usb[i].id, report->usb[i].name);
	for (size_t i = 0; i < report->readers_count; i++) {
		const struct kh_card_reader *reader = &report->readers[i];

		kh_buffer_printf(out, "  reader %s: %s%s%s\n", reader->name, reader->atr ? "card " : "empty",
				 reader->atr ? reader->atr : "", reader->family ? ", known" : "");
	}
}

static void tell_module(struct kh_buffer *out, const struct kh_module_report *module)
{
	char digest[KH_SHA256_MAX + 1];

	kh_buffer_printf(out, "  %s: %s", module->path ? module->path : module->module,
			 kh_enum_text(&kh_module_report_state_names, (int)module->state));
	if (module->description)
		kh_buffer_printf(out, "; %s, %s, %s", module->description,
				 module->manufacturer ? module->manufacturer : "",
				 module->version ? module->version : "");
	if (module->profile)
		kh_buffer_printf(out, "; profile %s", module->profile);
	kh_buffer_append_text(out, "\n");
	if (module->path && kh_digest_file(module->path, digest))
		kh_buffer_printf(out, "      SHA-256 %s\n", digest);
	for (size_t i = 0; i < module->profile_problems_count; i++)
		kh_buffer_printf(out, "      %s\n", module->profile_problems[i]);
}

static void tell_candidate(struct kh_buffer *out, const char *path)
{
	char digest[KH_SHA256_MAX + 1];

	kh_buffer_printf(out, "  %s: not configured\n", path);
	if (kh_digest_file(path, digest))
		kh_buffer_printf(out, "      SHA-256 %s\n", digest);
}

static void tell_journal(struct kh_buffer *out, const struct kh_report *report)
{
	kh_buffer_append_text(out, "\n");
	kh_say_failures(out, "en", report);
	kh_say_failures(out, "zh", report);
	kh_say_orders(out, "en", report);
	kh_say_orders(out, "zh", report);
}

void kh_summary_tell(struct kh_buffer *out, const struct kh_report *en, const struct kh_report *zh)
{
	kh_buffer_printf(out, "Keyhall %s  %s\n", en->version, en->time);
	tell_cause(out, en, zh);
	tell_versions(out, en);
	tell_checks(out, en, zh);
	tell_keys(out, en);
	heading(out, "tool.summary.modules");
	for (size_t i = 0; i < en->modules_count; i++)
		tell_module(out, &en->modules[i]);
	for (size_t i = 0; i < en->candidates_count; i++)
		tell_candidate(out, en->candidates[i]);
	tell_journal(out, en);
}
