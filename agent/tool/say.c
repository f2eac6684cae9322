/*
 * Answers in words, and as JSON.
 */
#include "tool/say.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "text.h"
#include "tool/terminal.h"

char *kh_say_word_in(const char *locale, const char *area, const char *value)
{
	char key[64];

	snprintf(key, sizeof(key), "tool.%s.%s", area, value);
	return kh_text_new(locale, key, NULL);
}

char *kh_say_word(const struct kh_tool *tool, const char *area, const char *value)
{
	return kh_say_word_in(tool->locale, area, value);
}

void kh_say_item(const struct kh_tool *tool, const struct kh_environment_item *item)
{
	KH_AUTO_FREE char *state =
		kh_say_word(tool, "state", kh_enum_text(&kh_environment_item_state_names, (int)item->state));
	bool coded = strcmp(item->code, "ok") != 0;

	printf("%s%s%s  %lld  %s%s%s\n", kh_terminal_colour(stdout, item->state), state, kh_terminal_plain(stdout),
	       (long long)item->number, item->text, coded ? "  " : "", coded ? item->code : "");
	if (item->remedy)
		printf("            %s%s%s\n", item->remedy->text, item->remedy->url ? " " : "",
		       item->remedy->url ? item->remedy->url : "");
}

static void say_line(struct kh_buffer *out, const char *locale, const char *key, const char *const *values)
{
	kh_text(out, locale, key, values);
	kh_buffer_append_text(out, "\n");
}

void kh_say_failures(struct kh_buffer *out, const char *locale, const struct kh_report *report)
{
	bool first = true;

	for (size_t i = 0; i < report->modules_count; i++) {
		const struct kh_module_report *module = &report->modules[i];
		char restarts[24];
		const char *values[] = {"module", module->module,	"restarts", restarts,
					"call",	  module->last_failure, NULL};

		if (module->restarts == 0 && !module->last_failure)
			continue;
		snprintf(restarts, sizeof(restarts), "%lld", (long long)module->restarts);
		if (first)
			say_line(out, locale, "tool.doctor.failures", NULL);
		first = false;
		say_line(out, locale, "tool.doctor.failure", values);
	}
}

char *kh_say_order_name(const char *locale, const struct kh_renewal_info *renewal)
{
	struct kh_buffer text = {0};
	const char *values[] = {"mark", renewal->mark, NULL};

	if (renewal->order)
		kh_buffer_append_text(&text, renewal->order);
	else
		kh_text(&text, locale, "tool.order.unknown", values);
	return text.data;
}

static void say_order(struct kh_buffer *out, const char *locale, const struct kh_renewal_info *renewal)
{
	KH_AUTO_FREE char *stage = kh_say_word_in(locale, "stage", kh_enum_text(&kh_stage_names, (int)renewal->stage));
	KH_AUTO_FREE char *next = kh_say_word_in(locale, "next", kh_enum_text(&kh_next_names, (int)renewal->next));
	KH_AUTO_FREE char *name = kh_say_order_name(locale, renewal);
	const char *values[] = {"order",	  name,	    "stage",	     stage, "next", next, "updated",
				renewal->updated, "serial", renewal->serial, NULL};

	say_line(out, locale, "tool.doctor.order", values);
}

void kh_say_orders(struct kh_buffer *out, const char *locale, const struct kh_report *report)
{
	bool first = true;

	for (size_t i = 0; i < report->renewals_count; i++) {
		if (report->renewals[i].next == KH_NEXT_NONE || report->renewals[i].stage == KH_STAGE_NOTHING)
			continue;
		if (first)
			say_line(out, locale, "tool.doctor.orders", NULL);
		first = false;
		say_order(out, locale, &report->renewals[i]);
	}
}

/* One member a line; strings are left as they are. */
static void say_members(struct kh_buffer *out, const char *text)
{
	bool quoted = false;
	int depth = 0;

	for (; *text != '\0'; text++) {
		if (quoted || *text == '"') {
			if (*text == '"')
				quoted = !quoted;
			kh_buffer_append(out, text, quoted && *text == '\\' && text[1] != '\0' ? 2 : 1);
			text += quoted && *text == '\\' && text[1] != '\0';
			continue;
		}
		if (*text == '}' || *text == ']')
			kh_buffer_printf(out, "\n%*s", --depth * 2, "");
		kh_buffer_append(out, text, 1);
		if (*text == '{' || *text == '[')
			depth++;
		if (*text == ',' || ((*text == '{' || *text == '[') && text[1] != '}' && text[1] != ']'))
			kh_buffer_printf(out, "\n%*s", depth * 2, "");
		else if (*text == ':')
			kh_buffer_append_text(out, " ");
	}
}

enum kh_code kh_say_json(struct kh_buffer *out, const struct kh_type *type, const void *value, bool lines,
			 struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	enum kh_code code = kh_encode(type, value, &text, error);

	if (code != KH_OK)
		return code;
	if (lines)
		say_members(out, text.data);
	else
		kh_buffer_append(out, text.data, text.length);
	kh_buffer_append_text(out, "\n");
	return KH_OK;
}

void kh_say_out(const struct kh_buffer *text)
{
	fputs(text->data ? text->data : "", stdout);
	fflush(stdout);
}
