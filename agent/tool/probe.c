/*
 * keyhall modules probe: what one PKCS#11 library is, and whether it works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "environment/findings.h"
#include "family.h"
#include "file.h"
#include "text.h"
#include "tool/say.h"
#include "tool/terminal.h"
#include "tool/trial.h"

static void print(const struct kh_tool *tool, const char *key, const char *const *values)
{
	kh_tool_print(stdout, tool->locale, key, values, "");
}

/* --- whether it works --- */

static void print_item(const struct kh_tool *tool, const struct kh_trial *trial)
{
	const char *values[] = {"module", kh_file_name(trial->probe.path), "kind", trial->probe.file, NULL};
	struct kh_environment_item item = {0};

	if (!trial->probe.has_number)
		return;
	kh_finding_tell(trial->finding, tool->locale, values, tool->settings.config.downloads, &item);
	kh_say_item(tool, &item);
	kh_clear(&kh_environment_item_type, &item);
}

/* What the check's row has no words for. */
static void print_detail(const struct kh_tool *tool, const struct kh_module_probe *probe)
{
	static const char *const details[] = {
		[KH_MODULE_PROBE_STATE_ABSENT] = "tool.probe.absent",
		[KH_MODULE_PROBE_STATE_FOLDER] = "tool.probe.folder",
		[KH_MODULE_PROBE_STATE_UNREADABLE] = "tool.probe.unreadable",
		[KH_MODULE_PROBE_STATE_UNLOADABLE] = "tool.probe.unloadable",
		[KH_MODULE_PROBE_STATE_REFUSED] = "tool.probe.refused",
		[KH_MODULE_PROBE_STATE_CRASHED] = "tool.probe.crashed",
		[KH_MODULE_PROBE_STATE_EXITED] = "tool.probe.exited",
		[KH_MODULE_PROBE_STATE_HUNG] = "tool.probe.hung",
	};
	const char *detail = probe->state <= KH_MODULE_PROBE_STATE_HUNG ? details[probe->state] : NULL;
	bool loading = probe->call && strcmp(probe->call, "dlopen") == 0;
	KH_AUTO_FREE char *dlopen = loading ? kh_say_word(tool, "probe", "dlopen") : NULL;
	char number[24], seconds[24];
	const char *values[] = {"call",	   loading ? dlopen : probe->call,
				"value",   probe->value,
				"signal",  probe->has_signal ? number : NULL,
				"status",  probe->has_status ? number : NULL,
				"seconds", seconds,
				NULL};

	if (!detail)
		return;
	snprintf(number, sizeof(number), "%lld", (long long)(probe->has_signal ? probe->signal : probe->status));
	snprintf(seconds, sizeof(seconds), "%lld", (long long)(probe->milliseconds / 1000));
	kh_tool_print(stdout, tool->locale, detail, values, "\n");
}

/* --- what it says of itself --- */

static const struct kh_profile *find_profile(const struct kh_profiles *profiles, const char *name)
{
	for (size_t i = 0; i < profiles->count; i++) {
		if (strcmp(profiles->items[i].file.name, name) == 0)
			return &profiles->items[i];
	}
	return NULL;
}

static void print_profile(const struct kh_tool *tool, const struct kh_profile *profile)
{
	char usb[24];
	const char *values[] = {"profile", profile->file.name,
				"names",   profile->file.names ? kh_family_name(profile, NULL, tool->locale) : NULL,
				"usb",	   profile->file.usb_count > 0 ? usb : NULL,
				NULL};

	snprintf(usb, sizeof(usb), "%zu", profile->file.usb_count);
	print(tool, "tool.probe.profile", values);
	if (profile->file.caches)
		print(tool, "tool.probe.caches", NULL);
	if (profile->file.one_certificate)
		print(tool, "tool.probe.one_certificate", NULL);
	if (profile->sm2)
		print(tool, "tool.probe.sm2", NULL);
}

/* By what it says of itself; else by its name, which is all there is of one that
 * does not work. */
static void print_family(const struct kh_tool *tool, const struct kh_module_probe *probe)
{
	struct kh_profiles profiles;
	const struct kh_profile *profile = NULL, *family;
	KH_AUTO_FREE char *none = kh_say_word(tool, "probe", "standard");
	const char *values[] = {"profile", none, "names", NULL, NULL};
	char host[KH_PATH_MAX];

	if (kh_system_token_host(0, host, sizeof(host), NULL) != KH_OK ||
	    kh_profiles_load(&profiles, tool->settings.config.drivers, host, NULL) != KH_OK)
		return;
	if (probe->answer)
		profile = find_profile(&profiles, probe->answer->profile);
	if (profile)
		print_profile(tool, profile);
	else if (probe->answer)
		print(tool, "tool.probe.profile", values);
	family = profile ? NULL : kh_family_of_driver(&profiles, kh_file_name(probe->path));
	if (family) {
		values[3] = kh_family_name(family, NULL, tool->locale);
		print(tool, "tool.probe.family", values);
	}
	kh_profiles_clear(&profiles);
}

static void print_answer(const struct kh_tool *tool, const struct kh_module_answer *answer)
{
	const char *values[] = {"cryptoki",	     answer->cryptoki, "description",
				answer->description, "maker",	       answer->manufacturer,
				"version",	     answer->version,  NULL};

	print(tool, "tool.probe.answer", values);
	if (answer->reader)
		print(tool, "tool.probe.reader", NULL);
}

/* --- its slots --- */

static char *name_types(const struct kh_tool *tool, const enum kh_key_type *types, size_t count)
{
	struct kh_buffer text = {0};

	for (size_t i = 0; i < count; i++)
		kh_buffer_printf(&text, "%s%s", i > 0 ? ", " : "", kh_enum_text(&kh_key_type_names, (int)types[i]));
	if (count == 0)
		kh_text(&text, tool->locale, "tool.probe.nothing", NULL);
	return text.data;
}

static void print_token(const struct kh_tool *tool, const struct kh_probed_slot *slot)
{
	const struct kh_token_info *token = slot->token;
	KH_AUTO_FREE char *makes = name_types(tool, slot->makes, slot->makes_count);
	KH_AUTO_FREE char *signs = name_types(tool, slot->signs, slot->signs_count);
	KH_AUTO_FREE char *pin = slot->initialised
					 ? kh_say_word(tool, "pin", kh_enum_text(&kh_pin_state_names, (int)token->pin))
					 : kh_say_word(tool, "probe", "blank");
	char free_bytes[24];
	const char *values[] = {
		"label", token->label, "serial", token->serial, "maker", token->manufacturer,
		"model", token->model, "pin",	 pin,		"free",	 token->has_free ? free_bytes : NULL,
		"makes", makes,	       "signs",	 signs,		NULL};

	snprintf(free_bytes, sizeof(free_bytes), "%lld", (long long)token->free);
	print(tool, "tool.probe.token", values);
}

static void print_slots(const struct kh_tool *tool, const struct kh_module_answer *answer)
{
	if (answer->slots_count == 0)
		print(tool, "tool.probe.slots.none", NULL);
	for (size_t i = 0; i < answer->slots_count; i++) {
		const struct kh_probed_slot *slot = &answer->slots[i];
		const char *values[] = {"description", slot->description, "call", slot->call,
					"value",       slot->value,	  NULL};

		print(tool, "tool.probe.slot", values);
		if (slot->token)
			print_token(tool, slot);
		else if (!slot->call)
			print(tool, "tool.probe.slot.empty", NULL);
	}
}

/* Some key that it makes it can sign with. */
static bool able(const struct kh_probed_slot *slot)
{
	for (size_t i = 0; i < slot->makes_count; i++) {
		for (size_t k = 0; k < slot->signs_count; k++) {
			if (slot->makes[i] == slot->signs[k])
				return true;
		}
	}
	return false;
}

/* There are keys, and none can be renewed on. */
static bool unable(const struct kh_module_answer *answer)
{
	size_t tokens = 0;

	for (size_t i = 0; i < answer->slots_count; i++) {
		if (answer->slots[i].token && able(&answer->slots[i]))
			return false;
		tokens += answer->slots[i].token ? 1 : 0;
	}
	return tokens > 0;
}

/* --- what it did --- */

static void print_deeds(const struct kh_tool *tool, const struct kh_module_probe *probe)
{
	const struct kh_module_answer *answer = probe->answer;

	if (answer->forked)
		print(tool, "tool.probe.note.forked", NULL);
	if (probe->starts_once)
		print(tool, "tool.probe.note.once", NULL);
	if (unable(answer))
		print(tool, "tool.probe.note.unable", NULL);
	print(tool, answer->isolated ? "tool.probe.jail" : "tool.probe.unjailed", NULL);
}

static void print_times(const struct kh_tool *tool, const struct kh_module_probe *probe)
{
	char milliseconds[24];
	const char *values[] = {"milliseconds", milliseconds, NULL};

	snprintf(milliseconds, sizeof(milliseconds), "%lld", (long long)probe->milliseconds);
	print(tool, "tool.probe.calls", values);
	for (size_t i = 0; probe->answer && i < probe->answer->calls_count; i++) {
		const struct kh_probed_call *call = &probe->answer->calls[i];

		printf("    %-22s %3lld  %10.3f ms\n", call->call, (long long)call->times,
		       (double)call->microseconds / 1000);
	}
}

static void print_output(const struct kh_tool *tool, const struct kh_module_probe *probe)
{
	for (size_t i = 0; i < probe->output_count; i++) {
		const char *values[] = {"line", probe->output[i], NULL};

		print(tool, "tool.probe.output", values);
	}
}

static void print_probe(const struct kh_tool *tool, const struct kh_trial *trial)
{
	const struct kh_module_probe *probe = &trial->probe;
	const char *values[] = {"path", probe->path, "kind", probe->file, NULL};

	print(tool, "tool.probe.path", values);
	print_item(tool, trial);
	print_detail(tool, probe);
	if (probe->answer)
		print_answer(tool, probe->answer);
	print_family(tool, probe);
	if (probe->answer) {
		print_slots(tool, probe->answer);
		print_deeds(tool, probe);
	}
	if (probe->file)
		print_times(tool, probe);
	print_output(tool, probe);
}

static enum kh_code print_machine(const struct kh_module_probe *probe, struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	enum kh_code code = kh_say_json(&text, &kh_module_probe_type, probe, true, error);

	kh_say_out(&text);
	return code;
}

int kh_tool_modules_probe(struct kh_tool *tool)
{
	KH_AUTO(kh_trial_finish) struct kh_trial trial = {.waiting = kh_terminal_progress, .context = tool};
	struct kh_error error = {0};
	enum kh_code code = kh_trial_run(&trial, &tool->settings, tool->argument, &error);

	if (code == KH_OK && tool->given[KH_TOOL_OPTION_JSON])
		code = print_machine(&trial.probe, &error);
	else if (code == KH_OK)
		print_probe(tool, &trial);
	if (code != KH_OK)
		return kh_tool_complain(tool, &error);
	return trial.probe.state == KH_MODULE_PROBE_STATE_WORKS && !unable(trial.probe.answer) ? EXIT_SUCCESS
											       : EXIT_FAILURE;
}
