/*
 * keyhall configure: puts a hall's file where the agent reads it. Nothing is changed before all of it is known to be good.
 */
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "cleanup.h"
#include "text.h"
#include "tool/jws.h"
#include "tool/terminal.h"
#include "tool/whole.h"
#include "websocket/fetch.h"

#define SECONDS 20
#define MODE 0644 /* of a file for all users; nothing in it is secret */

struct offer {
	const char *name; /* file or address */
	char beside[KH_PATH_MAX];
	struct kh_buffer text;
	struct kh_config config;
};

static void offer_finish(struct offer *offer)
{
	kh_buffer_finish(&offer->text);
	kh_clear(&kh_config_type, &offer->config);
}

static int fail(const struct kh_tool *tool, const char *text, const char *file, const char *reason)
{
	const char *values[] = {"file", file, "reason", reason, NULL};

	kh_tool_print(stderr, tool->locale, text, values, "\n");
	return EXIT_FAILURE;
}

/* --- what is offered --- */

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* On the way to another computer anybody could change it. */
static bool is_open_address(const char *name)
{
	static const char *const own[] = {"http://localhost:", "http://localhost/",
					  "http://127.0.0.1:", "http://127.0.0.1/"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (begins(name, own[i]))
			return false;
	}
	return begins(name, "http://");
}

/* What is empty is not there. */
static bool get(const char *name, struct kh_buffer *out)
{
	bool is_address = begins(name, "https://") || begins(name, "http://");

	if (is_address ? !kh_fetch(name, KH_SETTINGS_FILE_MAX, SECONDS, out) : kh_settings_text(name, out) != KH_OK)
		return false;
	return out->length > 0;
}

/* The key of --key, else the one that the file names: then it is known to be whole, and not whose it is. NULL: all is
 * well; else what is not. */
static const char *judge_signature(const struct offer *offer, const char *key_file)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer jws = {0}, given = {0};
	const char *key = offer->config.updates ? offer->config.updates->key : NULL;

	if (key_file && (kh_settings_text(key_file, &given) != KH_OK || !given.data))
		return "tool.configure.key";
	if (!get(offer->beside, &jws))
		return key_file ? "tool.configure.unsigned" : NULL;
	if (!key && !key_file)
		return "tool.configure.keyless";
	jws.data[strcspn(jws.data, "\r\n")] = '\0';
	return kh_jws_fits(jws.data, key_file ? given.data : key, &offer->text) ? NULL : "tool.configure.altered";
}

/* 0: it may be written; else the exit status, said. */
static int look(const struct kh_tool *tool, struct offer *offer)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer complaint = {0};
	const char *values[] = {"text", NULL, NULL}, *wrong, *key = tool->given[KH_TOOL_OPTION_KEY];

	if (is_open_address(offer->name) && !key)
		return fail(tool, "tool.configure.open", offer->name, NULL);
	if (!get(offer->name, &offer->text))
		return fail(tool, "tool.configure.absent", offer->name, NULL);
	if (kh_settings_read(offer->name, &offer->text, tool->locale, &offer->config, &complaint) != KH_OK) {
		values[1] = complaint.data;
		kh_tool_print(stderr, tool->locale, "tool.failed", values, "\n");
		return KH_TOOL_USAGE;
	}
	if (offer->config.origins_count == 0)
		return fail(tool, "tool.configure.hallless", offer->name, NULL);
	wrong = judge_signature(offer, key);
	return wrong ? fail(tool, wrong, strcmp(wrong, "tool.configure.key") == 0 ? key : offer->beside, NULL) : 0;
}

/* --- where it goes --- */

static bool takes_files(const char *file)
{
	char folder[KH_PATH_MAX];
	size_t length = strlen(file);
	uv_fs_t call;
	bool takes;

	while (length > 0 && !strchr("/\\", file[length - 1]))
		length--;
	snprintf(folder, sizeof(folder), "%.*s", (int)length, file);
	takes = uv_fs_access(NULL, &call, folder, W_OK, NULL) == 0;
	uv_fs_req_cleanup(&call);
	return takes;
}

/* --config; else the system's, where this user may write it; else the user's own. "": there is no home folder. */
static void choose(const struct kh_tool *tool, char *path, size_t size)
{
	const char *given = tool->given[KH_TOOL_OPTION_CONFIG], *system = kh_system_system_configuration();
	char folder[KH_PATH_MAX];
	struct kh_error error;

	if (given || takes_files(system)) {
		snprintf(path, size, "%s", given ? given : system);
		return;
	}
	kh_settings_own_file(path, size);
	kh_system_configuration(folder, sizeof(folder));
	if (path[0] != '\0')
		(void)!kh_system_make_folder(folder, &error); /* writing says what is wrong */
}

/* --- the clerk --- */

static void tell_place(const struct kh_tool *tool, const struct kh_config *config, const char *path)
{
	const char *values[] = {"file", path, "origin", NULL, "name", NULL, NULL};

	kh_tool_print(stderr, tool->locale, "tool.configure.into", values, "\n");
	for (size_t i = 0; i < config->origins_count; i++) {
		values[3] = config->origins[i];
		values[5] = NULL;
		for (size_t j = 0; j < config->halls_count; j++) {
			if (strcmp(config->halls[j].origin, config->origins[i]) == 0)
				values[5] = config->halls[j].name;
		}
		kh_tool_print(stderr, tool->locale, "tool.configure.hall", values, "\n");
	}
}

int kh_tool_configure(struct kh_tool *tool)
{
	KH_AUTO(offer_finish) struct offer offer = {.name = tool->argument};
	char path[KH_PATH_MAX];
	const char *values[] = {"file", path, NULL};
	int status;

	if (!tool->given[KH_TOOL_OPTION_YES] && !kh_terminal_is(stdin)) {
		kh_tool_print(stderr, tool->locale, "tool.configure.nobody", NULL, "\n");
		return KH_TOOL_USAGE;
	}
	snprintf(offer.beside, sizeof(offer.beside), "%s.jws", offer.name);
	status = look(tool, &offer);
	if (status != 0)
		return status;
	choose(tool, path, sizeof(path));
	if (path[0] == '\0')
		return fail(tool, "tool.configure.unwritten", "config.json", "HOME");
	tell_place(tool, &offer.config, path);
	if (!tool->given[KH_TOOL_OPTION_YES] && !kh_terminal_ask(tool, "tool.report.ask", NULL)) {
		kh_tool_print(stderr, tool->locale, "tool.report.left", NULL, "\n");
		return EXIT_FAILURE;
	}
	status = kh_write_whole(path, MODE, &offer.text);
	if (status < 0)
		return fail(tool, "tool.configure.unwritten", path, uv_strerror(status));
	kh_tool_print(stderr, tool->locale, "tool.configure.written", values, "\n");
	return EXIT_SUCCESS;
}
