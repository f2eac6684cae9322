/*
 * Reading, layering and checking the configuration.
 */
#include "settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "cleanup.h"

#define FILE_MAX (256 * 1024)

static enum kh_code complain(struct kh_buffer *complaint, const char *file, const char *key, const char *what)
{
	if (key)
		kh_buffer_printf(complaint, "%s: \"%s\" %s", file, key, what);
	else
		kh_buffer_printf(complaint, "%s: %s", file, what);
	return KH_REQUEST_INVALID;
}

static enum kh_code read_file(const char *path, struct kh_buffer *text)
{
	FILE *file = fopen(path, "rb");
	char part[4096];
	size_t length;

	if (!file)
		return KH_AGENT_FAILED;
	while ((length = fread(part, 1, sizeof(part), file)) > 0 && text->length <= FILE_MAX)
		kh_buffer_append(text, part, length);
	length = (size_t)ferror(file);
	fclose(file);
	return length != 0 || text->failed || text->length > FILE_MAX ? KH_AGENT_FAILED : KH_OK;
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

static enum kh_code check_origins(const struct kh_config *config, const char *file, struct kh_buffer *complaint)
{
	for (size_t i = 0; i < config->origins_count; i++) {
		if (!kh_settings_origin(config->origins[i])) {
			KH_AUTO(kh_buffer_finish) struct kh_buffer key = {0};

			kh_buffer_printf(&key, "origins.%zu", i);
			return complain(
				complaint, file, key.data,
				"must be scheme://host or scheme://host:port as a browser sends it, without a path");
		}
	}
	return KH_OK;
}

static enum kh_code check_window(const struct kh_config_window *window, const char *file, struct kh_buffer *complaint)
{
	static const char what[] = "must be a number and day, week, month or year, such as \"1 month\"";
	struct kh_period span;

	if (!window)
		return KH_OK;
	if (window->before && !kh_period_parse(window->before, &span))
		return complain(complaint, file, "window.before", what);
	if (window->after && !kh_period_parse(window->after, &span))
		return complain(complaint, file, "window.after", what);
	return KH_OK;
}

static enum kh_code check_oids(const struct kh_config *config, const char *file, struct kh_buffer *complaint)
{
	for (size_t i = 0; i < config->credit_code_oids_count; i++) {
		const char *oid = config->credit_code_oids[i];

		if (strlen(oid) < 3 || strspn(oid, "0123456789.") != strlen(oid) || !strchr("012", oid[0]) ||
		    oid[1] != '.' || strstr(oid, "..") || oid[strlen(oid) - 1] == '.')
			return complain(complaint, file, "creditCodeOids",
					"must be a list of object identifiers such as \"1.2.86.11.7.4\"");
	}
	return KH_OK;
}

static bool absolute(const char *path)
{
	return path[0] == '/' || (isalpha((unsigned char)path[0]) && path[1] == ':');
}

static enum kh_code check_paths(const struct kh_config *config, const char *file, struct kh_buffer *complaint)
{
	static const char what[] = "must be an absolute path";

	for (size_t i = 0; i < config->modules_count; i++) {
		if (!absolute(config->modules[i].path))
			return complain(complaint, file, "modules.path", what);
		if (config->modules[i].host && !absolute(config->modules[i].host))
			return complain(complaint, file, "modules.host", what);
	}
	for (size_t i = 0; i < config->anchors_count; i++) {
		if (!absolute(config->anchors[i]))
			return complain(complaint, file, "anchors", what);
	}
	if (config->state && !absolute(config->state))
		return complain(complaint, file, "state", what);
	if (config->drivers && !absolute(config->drivers))
		return complain(complaint, file, "drivers", what);
	if (config->profiles && !absolute(config->profiles))
		return complain(complaint, file, "profiles", what);
	return KH_OK;
}

static enum kh_code check(const struct kh_config *config, const char *file, struct kh_buffer *complaint)
{
	enum kh_code code = check_origins(config, file, complaint);

	if (code == KH_OK)
		code = check_window(config->window, file, complaint);
	if (code == KH_OK)
		code = check_paths(config, file, complaint);
	if (code == KH_OK)
		code = check_oids(config, file, complaint);
	if (code == KH_OK && config->locale && strncmp(config->locale, "zh", 2) != 0 &&
	    strncmp(config->locale, "en", 2) != 0)
		code = complain(complaint, file, "locale", "must be zh-CN or en");
	if (code == KH_OK && config->downloads && strncmp(config->downloads, "https://", 8) != 0 &&
	    strncmp(config->downloads, "http://", 7) != 0)
		code = complain(complaint, file, "downloads", "must be an address that begins with https://");
	return code;
}

/* What the decoder did not take. */
static enum kh_code complain_of(const struct kh_error *error, const char *file, struct kh_buffer *complaint)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer what = {0};

	if (error->field[0] == '\0') {
		if (error->value[0] != '\0')
			kh_buffer_printf(&what, "is not valid JSON at line:column %s", error->value);
		else
			kh_buffer_append_text(&what, "the configuration must be one JSON object");
		return complain(complaint, file, NULL, what.data);
	}
	kh_allowed(&kh_config_type, error->field, &what);
	return complain(complaint, file, error->field, what.data);
}

static enum kh_code add_file(const char *file, struct kh_settings *settings, struct kh_buffer *complaint)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_config layer;
	struct kh_error error = {0};
	enum kh_code code;

	if (read_file(file, &text) != KH_OK)
		return complain(complaint, file, NULL, "the configuration file cannot be read");
	code = kh_decode(&kh_config_type, text.data ? text.data : "", text.length, &layer, &error);
	if (code != KH_OK)
		return complain_of(&error, file, complaint);
	code = check(&layer, file, complaint);
	if (code == KH_OK) {
		settings->locale_is_given = settings->locale_is_given || layer.locale;
		kh_overlay(&kh_config_type, &settings->config, &layer);
	}
	kh_clear(&kh_config_type, &layer);
	return code;
}

static enum kh_code finish_loading(struct kh_settings *settings, struct kh_buffer *complaint)
{
	struct kh_config *config = &settings->config;

	if (!kh_period_parse(config->window->before, &settings->before) ||
	    !kh_period_parse(config->window->after, &settings->after))
		return complain(complaint, "built-in defaults", "window", "is not valid");
	settings->enforce = config->window->enforce;
	if (!config->drivers)
		config->drivers = kh_steal(&config->profiles);
	if (config->state)
		snprintf(settings->state, sizeof(settings->state), "%s", config->state);
	else
		kh_system_state(settings->state, sizeof(settings->state));
	if (settings->state[0] == '\0')
		return complain(complaint, "environment", "HOME", "is not set and no \"state\" folder is configured");
	return KH_OK;
}

enum kh_code kh_settings_load_files(const char *const *files, size_t count, struct kh_settings *settings,
				    struct kh_buffer *complaint)
{
	struct kh_error error = {0};
	enum kh_code code;

	*settings = (struct kh_settings){0};
	code = kh_config_defaults(&settings->config, &error);
	for (size_t i = 0; code == KH_OK && i < count; i++) {
		uv_fs_t request;
		bool there = files[i] && uv_fs_stat(NULL, &request, files[i], NULL) == 0;

		if (there || (files[i] && i == count - 1))
			code = add_file(files[i], settings, complaint);
	}
	if (code == KH_OK)
		code = finish_loading(settings, complaint);
	if (code != KH_OK)
		kh_settings_finish(settings);
	return code;
}

enum kh_code kh_settings_load(const char *given, struct kh_settings *settings, struct kh_buffer *complaint)
{
	char folder[KH_PATH_MAX], own[KH_PATH_MAX + 16] = "";
	const char *files[] = {kh_system_system_configuration(), own, given};

	kh_system_configuration(folder, sizeof(folder));
	if (folder[0] != '\0')
		snprintf(own, sizeof(own), "%s/config.json", folder);
	return kh_settings_load_files(files, 3, settings, complaint);
}

void kh_settings_finish(struct kh_settings *settings)
{
	kh_clear(&kh_config_type, &settings->config);
	*settings = (struct kh_settings){0};
}
