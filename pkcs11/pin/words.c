/* The words of the PIN window. */
#include "pin/words.h"

#include <stdio.h>
#include <string.h>

#include "line.h"
#include "text.h"

#define NAME_MOST 40 /* characters of a name: two lines of the window */
#define TAIL 6	     /* characters of a serial number: what people compare */

static const char *purpose_key(enum kh_host_prompt_purpose purpose)
{
	switch (purpose) {
	case KH_HOST_PROMPT_PURPOSE_CHANGE:
		return "pin.description.change";
	case KH_HOST_PROMPT_PURPOSE_BEGIN:
		return "pin.description.begin";
	case KH_HOST_PROMPT_PURPOSE_INSTALL:
		return "pin.description.install";
	case KH_HOST_PROMPT_PURPOSE_COMPLETE:
		return "pin.description.complete";
	case KH_HOST_PROMPT_PURPOSE_CANCEL:
		return "pin.description.cancel";
	case KH_HOST_PROMPT_PURPOSE_NONE:
	case KH_HOST_PROMPT_PURPOSE_VERIFY:
		break;
	}
	return "pin.description.verify";
}

static const char *asker_key(const struct kh_host_prompt *prompt)
{
	if (prompt->manager)
		return "pin.asker.manager";
	return prompt->hall ? "pin.asker.hall" : "pin.asker.site";
}

/* https goes without saying, http does not. */
static const char *site_of(const char *origin)
{
	return strncmp(origin, "https://", 8) == 0 ? origin + 8 : origin;
}

/* Twelve digits are read in fours, as the hall's pages have them. */
static void group_order(const char *order, char out[KH_ORDER_MAX + 1])
{
	if (strlen(order) == 12 && strspn(order, "0123456789") == 12)
		snprintf(out, KH_ORDER_MAX + 1, "%.4s %.4s %.4s", order, order + 4, order + 8);
	else
		snprintf(out, KH_ORDER_MAX + 1, "%s", order);
}

static const char *tail_of(const char *serial)
{
	const char *at = serial + strlen(serial);

	for (size_t i = 0; at > serial && i < TAIL; i++) {
		do
			at--;
		while (at > serial && ((unsigned char)*at & 0xc0u) == 0x80u);
	}
	return at;
}

/* Who asks, for which company and order, and which key it is: a line each. */
static void append_details(struct kh_buffer *out, const struct kh_token *token, const struct kh_host_prompt *prompt)
{
	const struct kh_token_name *name = &token->name;
	char order[KH_ORDER_MAX + 1];
	const struct {
		const char *name, *text;
		size_t most;
	} parts[] = {
		{"hall", prompt->hall, NAME_MOST},
		{"site", site_of(prompt->origin), KH_ORIGIN_MAX},
		{"company", prompt->company, NAME_MOST},
		{"order", order, KH_ORDER_MAX},
		{"key", name->label[0] != '\0' ? name->label : name->model, NAME_MOST},
		{"tail", tail_of(name->serial), TAIL},
	};
	enum { COUNT = sizeof(parts) / sizeof(parts[0]) };
	struct kh_buffer lines[COUNT] = {{0}};
	const char *values[2 * COUNT + 1] = {NULL};

	group_order(prompt->order ? prompt->order : "", order);
	for (size_t i = 0; i < COUNT; i++) {
		kh_line_append(&lines[i], parts[i].text ? parts[i].text : "", parts[i].most);
		values[2 * i] = parts[i].name;
		values[2 * i + 1] = lines[i].data;
	}
	kh_text(out, prompt->locale, asker_key(prompt), values);
	kh_buffer_append_text(out, "\n");
	kh_text(out, prompt->locale, "pin.details", values);
	for (size_t i = 0; i < COUNT; i++)
		kh_buffer_finish(&lines[i]);
}

char *kh_pin_words(const struct kh_token *token, const struct kh_host_prompt *prompt, const char *key,
		   const struct kh_pin_window *window)
{
	struct kh_buffer text = {0};

	kh_pin_window_tell(window, prompt->locale, key ? key : purpose_key(prompt->purpose), &text);
	kh_buffer_append_text(&text, "\n");
	append_details(&text, token, prompt);
	return text.data;
}

char *kh_pin_words_warning(const char *locale, const char *key)
{
	struct kh_buffer text = {0};

	if (key)
		kh_text(&text, locale, key, NULL);
	return text.data;
}
