/* The bundle. */
#include "bundle.h"

#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "downloads.h"
#include "system.h"

/* protocol/configuration.schema.json */
#define ORIGIN_MAX 256
#define NAME_MAX_CHARACTERS 64
#define LOCALE "zh-CN"

/* Where pages send people, as an address that also a program understands; NULL: nowhere. */
static char *downloads_address(const struct hall_site *site)
{
	const char *given = site->about.agent_download;
	char *address;

	if (!given || given[0] != '/')
		return !given ? NULL : strdup(given);
	return asprintf(&address, "%s%s", site->hall.settings.origin, given) < 0 ? NULL : address;
}

/* Where the hall's own manifest is, and the key it is signed with; NULL: the hall offers no downloads. */
static json_t *updates_json(const struct hall_site *site, const struct hall_signer *signer)
{
	HALL_AUTO_FREE char *key = hall_signer_public(signer);
	HALL_AUTO_FREE char *address = NULL;

	if (!site->downloads || !key ||
	    asprintf(&address, "%s/downloads/" HALL_MANIFEST, site->hall.settings.origin) < 0)
		return NULL;
	return json_pack("{s:s, s:s}", "address", address, "key", key);
}

static json_t *bundle_json(const struct hall_site *site, const struct hall_signer *signer)
{
	const char *origin = site->hall.settings.origin;
	HALL_AUTO_FREE char *downloads = downloads_address(site);

	return json_pack("{s:[s], s:[{s:s, s:s}], s:i, s:[s], s:{s:s, s:s}, s:s*, s:o*, s:s}", "origins", origin,
			 "halls", "origin", origin, "name", site->name_zh, "port", (int)site->agent_ports[0], "anchors",
			 site->hall.ca.root, "window", "before", site->window_before, "after", site->window_after,
			 "downloads", downloads, "updates", updates_json(site, signer), "locale", LOCALE);
}

static enum hall_code check(const struct hall_site *site, struct hall_error *error)
{
	size_t name = hall_characters(site->name_zh);

	if (strlen(site->hall.settings.origin) > ORIGIN_MAX)
		return hall_fail_field(error, "--origin");
	return name > 0 && name <= NAME_MAX_CHARACTERS ? HALL_OK : hall_fail_field(error, "--name-zh");
}

/* The signature goes first: a bundle that is seen has one. */
static bool write_both(const struct hall_signer *signer, const char *path, const char *text)
{
	HALL_AUTO_FREE char *signature = hall_signer_sign(signer, text, strlen(text), true);
	HALL_AUTO_FREE char *beside = NULL;

	if (!signature || asprintf(&beside, "%s.jws", path) < 0)
		return false;
	return hall_file_write(beside, signature, strlen(signature), false) &&
	       hall_file_write(path, text, strlen(text), false);
}

enum hall_code hall_bundle_write(const struct hall_site *site, const struct hall_signer *signer, const char *path,
				 struct hall_error *error)
{
	enum hall_code code = check(site, error);
	HALL_AUTO_JSON json_t *json = code == HALL_OK ? bundle_json(site, signer) : NULL;
	HALL_AUTO_FREE char *text = !json ? NULL : json_dumps(json, JSON_INDENT(2));

	if (code != HALL_OK)
		return code;
	return text && write_both(signer, path, text) ? HALL_OK : hall_fail_call(error, "write", path);
}
