/*
 * Reading, layering and checking the configuration.
 */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cleanup.h"
#include "complaint.h"
#include "file.h"
#include "text.h"

enum kh_code kh_settings_text(const char *path, struct kh_buffer *text)
{
	FILE *file = kh_file_open(path, "rb");
	char part[4096];
	size_t length;

	if (!file)
		return KH_AGENT_FAILED;
	while ((length = fread(part, 1, sizeof(part), file)) > 0 && text->length <= KH_SETTINGS_FILE_MAX)
		kh_buffer_append(text, part, length);
	length = (size_t)ferror(file);
	fclose(file);
	return length != 0 || text->failed || text->length > KH_SETTINGS_FILE_MAX ? KH_AGENT_FAILED : KH_OK;
}

static bool port_text(const char *text)
{
	long port;
	char *end;

	if (text[0] < '1' || text[0] > '9')
		return false;
	port = strtol(text, &end, 10);
	return *end == '\0' && port <= 65535;
}

bool kh_settings_origin(const char *text)
{
	const char *host, *port, *end;

	if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	else if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else
		return false;
	if (*host == '[') {
		end = host + strspn(host, "[0123456789abcdef:");
		if (*end != ']')
			return false;
		end++;
	} else {
		end = host + strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	}
	if (end == host)
		return false;
	if (*end == '\0')
		return true;
	port = end + 1;
	return *end == ':' && port_text(port) && strcmp(port, host == text + 8 ? "443" : "80") != 0;
}

/* "modules.0.path" */
static void complain_item(struct kh_complaint *complaint, const char *list, size_t index, const char *member,
			  const char *what)
{
	char key[64];

	snprintf(key, sizeof(key), "%s.%zu%s%s", list, index, *member != '\0' ? "." : "", member);
	kh_complain(complaint, key, what);
}

static void check_origins(const struct kh_config *config, struct kh_complaint *complaint)
{
	for (size_t i = 0; i < config->origins_count; i++) {
		if (!kh_settings_origin(config->origins[i]))
			complain_item(complaint, "origins", i, "", "settings.origin");
	}
	for (size_t i = 0; i < config->halls_count; i++) {
		if (!kh_settings_origin(config->halls[i].origin))
			complain_item(complaint, "halls", i, "origin", "settings.origin");
	}
}

static void check_window(const struct kh_config_window *window, struct kh_complaint *complaint)
{
	struct kh_period span;

	if (window && window->before && !kh_period_parse(window->before, &span))
		kh_complain(complaint, "window.before", "settings.period");
	if (window && window->after && !kh_period_parse(window->after, &span))
		kh_complain(complaint, "window.after", "settings.period");
}

static bool is_oid(const char *oid)
{
	return strlen(oid) >= 3 && strspn(oid, "0123456789.") == strlen(oid) && strchr("012", oid[0]) &&
	       oid[1] == '.' && !strstr(oid, "..") && oid[strlen(oid) - 1] != '.';
}

static void check_oids(const struct kh_config *config, struct kh_complaint *complaint)
{
	for (size_t i = 0; i < config->credit_code_oids_count; i++) {
		if (!is_oid(config->credit_code_oids[i]))
			complain_item(complaint, "creditCodeOids", i, "", "settings.oid");
	}
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void check_paths(const struct kh_config *config, struct kh_complaint *complaint)
{
	const struct {
		const char *key, *path;
	} folders[] = {{"state", config->state}, {"drivers", config->drivers}, {"profiles", config->profiles}};

	for (size_t i = 0; i < config->modules_count; i++) {
		if (!kh_file_is_absolute(config->modules[i].path))
			complain_item(complaint, "modules", i, "path", "settings.path");
		if (config->modules[i].host && !kh_file_is_absolute(config->modules[i].host))
			complain_item(complaint, "modules", i, "host", "settings.path");
	}
	for (size_t i = 0; i < config->anchors_count; i++) {
		if (!kh_file_is_absolute(config->anchors[i]) && !begins(config->anchors[i], "-----BEGIN "))
			complain_item(complaint, "anchors", i, "", "settings.anchor");
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (folders[i].path && !kh_file_is_absolute(folders[i].path))
			kh_complain(complaint, folders[i].key, "settings.path");
	}
}

static bool is_address(const char *text)
{
	return begins(text, "https://") || begins(text, "http://");
}

static void check(const struct kh_config *config, struct kh_complaint *complaint)
{
	check_origins(config, complaint);
	check_window(config->window, complaint);
	check_paths(config, complaint);
	check_oids(config, complaint);
	if (config->locale && !begins(config->locale, "zh") && !begins(config->locale, "en"))
		kh_complain(complaint, "locale", "settings.locale");
	if (config->downloads && !is_address(config->downloads))
		kh_complain(complaint, "downloads", "settings.address");
	if (config->updates && !is_address(config->updates->address))
		kh_complain(complaint, "updates.address", "settings.address");
}

static void add_file(struct kh_settings *settings, struct kh_complaint *complaint)
{
	struct kh_config layer;

	if (kh_settings_text(complaint->file, &complaint->text) != KH_OK) {
		kh_complain(complaint, NULL, "settings.unreadable");
		return;
	}
	if (!kh_complaint_decode(complaint, &layer))
		return;
	check(&layer, complaint);
	settings->locale_is_given = settings->locale_is_given || layer.locale;
	kh_overlay(&kh_config_type, &settings->config, &layer);
	kh_clear(&kh_config_type, &layer);
}

static void finish_loading(struct kh_settings *settings, struct kh_complaint *complaint)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer whole = {0};
	struct kh_config *config = &settings->config;

	kh_text(&whole, complaint->locale, "settings.whole", NULL);
	complaint->file = whole.data;
	if (!kh_period_parse(config->window->before, &settings->before) ||
	    !kh_period_parse(config->window->after, &settings->after))
		kh_complain(complaint, "window", "settings.period");
	settings->enforce = config->window->enforce;
	if (!config->drivers)
		config->drivers = kh_steal(&config->profiles);
	if (config->state)
		snprintf(settings->state, sizeof(settings->state), "%s", config->state);
	else
		kh_system_state(settings->state, sizeof(settings->state));
	if (settings->state[0] == '\0')
		kh_complain(complaint, NULL, "settings.home");
}

static bool is_there(const char *file)
{
	uv_fs_t request;
	bool there = uv_fs_stat(NULL, &request, file, NULL) == 0;

	uv_fs_req_cleanup(&request);
	return there;
}

enum kh_code kh_settings_load_files(const char *const *files, size_t count, const char *locale,
				    struct kh_settings *settings, struct kh_buffer *complaints)
{
	struct kh_complaint complaint = {.locale = locale, .out = complaints};
	struct kh_error error = {0};
	enum kh_code code;

	*settings = (struct kh_settings){0};
	code = kh_config_defaults(&settings->config, &error);
	for (size_t i = 0; code == KH_OK && i < count; i++) {
		complaint.file = files[i];
		if (files[i] && (i == count - 1 || is_there(files[i])))
			add_file(settings, &complaint);
		kh_complaint_forget(&complaint);
	}
	if (code == KH_OK && !complaint.wrong)
		finish_loading(settings, &complaint);
	if (code == KH_OK && !complaint.wrong)
		return KH_OK;
	kh_settings_finish(settings);
	return code == KH_OK ? KH_REQUEST_INVALID : code;
}

enum kh_code kh_settings_read(const char *name, const struct kh_buffer *text, const char *locale,
			      struct kh_config *config, struct kh_buffer *complaints)
{
	struct kh_complaint complaint = {.locale = locale, .out = complaints, .file = name};
	bool decoded;

	kh_buffer_append(&complaint.text, text->data, text->length);
	decoded = kh_complaint_decode(&complaint, config);
	if (decoded)
		check(config, &complaint);
	if (decoded && complaint.wrong)
		kh_clear(&kh_config_type, config);
	kh_complaint_forget(&complaint);
	return decoded && !complaint.wrong ? KH_OK : KH_REQUEST_INVALID;
}

void kh_settings_own_file(char *path, size_t size)
{
	char folder[KH_PATH_MAX];

	kh_system_configuration(folder, sizeof(folder));
	if (folder[0] == '\0' || snprintf(path, size, "%s/config.json", folder) >= (int)size)
		path[0] = '\0';
}

/* The working folder changes when the daemon goes to the background. */
static void resolve(const char *path, char out[KH_PATH_MAX])
{
	uv_fs_t request;

	if (uv_fs_realpath(NULL, &request, path, NULL) == 0)
		snprintf(out, KH_PATH_MAX, "%s", (const char *)request.ptr);
	uv_fs_req_cleanup(&request);
}

enum kh_code kh_settings_load(const char *given, const char *locale, struct kh_settings *settings,
			      struct kh_buffer *complaints)
{
	char own[KH_PATH_MAX + 16], system[16];
	const char *files[] = {kh_system_system_configuration(), own, given};
	enum kh_code code;

	kh_system_locale(system, sizeof(system));
	kh_settings_own_file(own, sizeof(own));
	if (!locale)
		locale = system[0] != '\0' ? system : "zh-CN";
	code = kh_settings_load_files(files, 3, locale, settings, complaints);
	if (code == KH_OK && given)
		resolve(given, settings->given);
	return code;
}

void kh_settings_finish(struct kh_settings *settings)
{
	kh_clear(&kh_config_type, &settings->config);
	*settings = (struct kh_settings){0};
}

void kh_settings_locale(const struct kh_settings *settings, char *locale, size_t size)
{
	const char *configured = settings->config.locale;

	kh_system_locale(locale, size);
	if (settings->locale_is_given || locale[0] == '\0')
		snprintf(locale, size, "%s", configured ? configured : "zh-CN");
}
