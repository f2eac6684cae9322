/*
 * keyhall pin change and unlock. The PIN itself is asked for by the agent's window.
 */
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "tool/say.h"

#define PIN_SECONDS 600 /* somebody types */

/* The key with that serial number; without one, the only key. NULL: it was said
 * why none. */
static const struct kh_token_info *choose(const struct kh_tool *tool, const struct kh_token_list_result *keys)
{
	const struct kh_token_info *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < keys->tokens_count; i++) {
		if (tool->argument && strcmp(keys->tokens[i].serial, tool->argument) != 0)
			continue;
		found = &keys->tokens[i];
		count++;
	}
	if (count == 1)
		return found;
	kh_tool_print(stderr, tool->locale, count > 0 ? "tool.pin.several" : "tool.no_key", NULL, "\n");
	for (size_t i = 0; count > 0 && i < keys->tokens_count; i++)
		fprintf(stderr, "  %s  %s\n", keys->tokens[i].serial, keys->tokens[i].label);
	return NULL;
}

static int with_key(struct kh_tool *tool, int (*action)(struct kh_tool *tool, const struct kh_token_info *key))
{
	struct kh_token_list_result keys = {0};
	struct kh_error error = {0};
	const struct kh_token_info *key;
	int status;

	if (kh_client_call(tool->client, KH_METHOD_TOKEN_LIST, NULL, &keys, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	key = choose(tool, &keys);
	status = key ? action(tool, key) : EXIT_FAILURE;
	kh_clear(&kh_token_list_result_type, &keys);
	return status;
}

static int change(struct kh_tool *tool, const struct kh_token_info *key)
{
	const struct kh_pin_change_params params = {.token = key->token};
	const char *values[] = {"label", key->label, "serial", key->serial, NULL};
	struct kh_pin_change_result result = {0};
	struct kh_error error = {0};

	kh_tool_print(stderr, tool->locale, "tool.pin.window", values, "\n");
	kh_client_patience(tool->client, PIN_SECONDS);
	if (kh_client_call(tool->client, KH_METHOD_PIN_CHANGE, &params, &result, &error) != KH_OK)
		return kh_tool_complain(tool, &error);
	kh_clear(&kh_pin_change_result_type, &result);
	kh_tool_print(stdout, tool->locale, "tool.pin.changed", values, "\n");
	return EXIT_SUCCESS;
}

/* Unlocking takes the CA's security officer PIN, which is at its desk only. */
static int unlock(struct kh_tool *tool, const struct kh_token_info *key)
{
	KH_AUTO_FREE char *state = kh_say_word(tool, "pin", kh_enum_text(&kh_pin_state_names, (int)key->pin));
	const char *values[] = {"label", key->label, "serial", key->serial, "pin", state, NULL};
	bool locked = key->pin == KH_PIN_STATE_LOCKED;

	kh_tool_print(stdout, tool->locale, locked ? "tool.pin.unlock" : "tool.pin.unlocked", values, "\n");
	return locked ? EXIT_FAILURE : EXIT_SUCCESS;
}

int kh_tool_pin_change(struct kh_tool *tool)
{
	return with_key(tool, change);
}

int kh_tool_pin_unlock(struct kh_tool *tool)
{
	return with_key(tool, unlock);
}
