/*
 * Policies of Chrome, Edge, Chromium and Firefox.
 */
#include "browsers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "halls.h"
#include "registry.h"

#define OWN_KEY "SOFTWARE\\Keyhall"
#define NOTES "Policies" /* {keys, values: [{key, name, text}], launches: [{key, before?, after, item}]} */
#define FIREFOX "SOFTWARE\\Policies\\Mozilla\\Firefox\\LocalNetworkAccess\\SkipDomains"
#define NUMBER_MAX 16

static const char *const chromiums[] = {
	"SOFTWARE\\Policies\\Google\\Chrome",
	"SOFTWARE\\Policies\\Microsoft\\Edge",
	"SOFTWARE\\Policies\\Chromium",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool complain(const char *key, const char *why)
{
	fprintf(stderr, "policies: %s: %s\n", key, why);
	return false;
}

static void note_key(void *context, const char *key)
{
	json_array_append_new(json_object_get(context, "keys"), json_string(key));
}

/* --- a list: values 1, 2, … --- */

struct listed {
	json_t *texts;
	long last; /* the highest number */
};

static void take_value(void *context, const char *name, const char *text)
{
	struct listed *listed = context;
	long number = strtol(name, NULL, 10);

	json_array_append_new(listed->texts, json_string(text));
	if (number > listed->last)
		listed->last = number;
}

static bool add_value(const char *key, long number, const json_t *text, json_t *notes)
{
	char name[NUMBER_MAX];

	snprintf(name, sizeof(name), "%ld", number);
	if (!kh_registry_write(key, name, json_string_value(text)))
		return complain(key, "cannot be written");
	json_array_append_new(json_object_get(notes, "values"),
			      json_pack("{s:s, s:s, s:O}", "key", key, "name", name, "text", text));
	return true;
}

/* Behind what others have there. */
static bool add_list(const char *key, const json_t *texts, json_t *notes)
{
	struct listed listed = {json_array(), 0};
	bool added = kh_registry_make(key, note_key, notes) || complain(key, "cannot be made");
	json_t *text;
	size_t i;

	kh_registry_each(key, take_value, &listed);
	json_array_foreach(texts, i, text)
	{
		if (added && !kh_halls_has(listed.texts, text))
			added = add_value(key, ++listed.last, text, notes);
	}
	json_decref(listed.texts);
	return added;
}

/* Numbers may have been given anew since: only a value that is as we wrote it is ours. */
static void remove_value(const json_t *note)
{
	const char *key = json_string_value(json_object_get(note, "key"));
	const char *name = json_string_value(json_object_get(note, "name"));
	const char *text = json_string_value(json_object_get(note, "text"));
	char *now = key && name ? kh_registry_read(key, name) : NULL;

	if (now && text && strcmp(now, text) == 0)
		kh_registry_delete(key, name);
	free(now);
}

/* --- a text that is a JSON array --- */

/* NULL: it is none. */
static json_t *read_array(const char *text)
{
	json_t *value = text ? json_loads(text, 0, NULL) : json_array();

	if (json_is_array(value))
		return value;
	json_decref(value);
	return NULL;
}

static bool write_array(const char *key, const json_t *array, char **written)
{
	*written = json_dumps(array, JSON_COMPACT);
	return *written && kh_registry_write(key, KH_HALLS_LAUNCH, *written);
}

static bool add_launch(const char *key, const json_t *origins, json_t *notes)
{
	char *before = kh_registry_read(key, KH_HALLS_LAUNCH), *after = NULL;
	json_t *array = read_array(before), *item = kh_halls_launch(origins);
	bool added = false;

	json_array_append(array, item);
	if (!array)
		complain(key, KH_HALLS_LAUNCH " is no JSON array");
	else if (!kh_registry_make(key, note_key, notes) || !write_array(key, array, &after))
		complain(key, "cannot be written");
	else
		added = true;
	if (added)
		json_array_append_new(
			json_object_get(notes, "launches"),
			json_pack("{s:s, s:s*, s:s, s:O}", "key", key, "before", before, "after", after, "item", item));
	json_decref(item);
	json_decref(array);
	free(after);
	free(before);
	return added;
}

/* Somebody has changed it since: ours is taken out of what is there. */
static void take_out(const char *key, const char *now, json_t *item)
{
	json_t *array = read_array(now), *items = json_pack("[O]", item);
	char *text = NULL;

	kh_halls_take(array, items);
	if (array && json_array_size(array) == 0)
		kh_registry_delete(key, KH_HALLS_LAUNCH);
	else if (array)
		write_array(key, array, &text);
	free(text);
	json_decref(items);
	json_decref(array);
}

static void remove_launch(const json_t *note)
{
	const char *key = json_string_value(json_object_get(note, "key"));
	const char *before = json_string_value(json_object_get(note, "before"));
	const char *after = json_string_value(json_object_get(note, "after"));
	char *now = key ? kh_registry_read(key, KH_HALLS_LAUNCH) : NULL;

	if (now && after && strcmp(now, after) != 0)
		take_out(key, now, json_object_get(note, "item"));
	else if (now && before)
		kh_registry_write(key, KH_HALLS_LAUNCH, before);
	else if (now)
		kh_registry_delete(key, KH_HALLS_LAUNCH);
	free(now);
}

/* --- all of them --- */

static bool add_all(const json_t *origins, json_t *notes)
{
	json_t *hosts = kh_halls_hosts(origins);
	bool added = add_list(FIREFOX, hosts, notes);
	char key[256];

	for (size_t i = 0; i < COUNT(chromiums); i++) {
		for (size_t j = 0; j < KH_HALLS_LISTS; j++) {
			snprintf(key, sizeof(key), "%s\\%s", chromiums[i], kh_halls_lists[j]);
			added = add_list(key, origins, notes) && added;
		}
		added = add_launch(chromiums[i], origins, notes) && added;
	}
	json_decref(hosts);
	return added;
}

static void remove_keys(const json_t *keys)
{
	for (size_t i = json_array_size(keys); i-- > 0;)
		kh_registry_delete_empty(json_string_value(json_array_get(keys, i)));
}

void kh_browsers_remove(void)
{
	char *text = kh_registry_read(OWN_KEY, NOTES);
	json_t *notes = text ? json_loads(text, 0, NULL) : NULL, *note;
	size_t i;

	json_array_foreach(json_object_get(notes, "values"), i, note) remove_value(note);
	json_array_foreach(json_object_get(notes, "launches"), i, note) remove_launch(note);
	kh_registry_delete(OWN_KEY, NOTES);
	remove_keys(json_object_get(notes, "keys"));
	json_decref(notes);
	free(text);
}

static bool write_notes(json_t *notes)
{
	bool written = kh_registry_make(OWN_KEY, note_key, notes);
	char *text = json_dumps(notes, JSON_COMPACT);

	written = written && text && kh_registry_write(OWN_KEY, NOTES, text);
	free(text);
	return written || complain(OWN_KEY, "cannot be written");
}

bool kh_browsers_install(const json_t *configuration)
{
	json_t *origins = kh_halls_origins(configuration);
	json_t *notes = json_pack("{s:[], s:[], s:[]}", "keys", "values", "launches");
	bool added = true;

	kh_browsers_remove();
	if (json_array_size(origins) > 0) {
		added = add_all(origins, notes);
		added = write_notes(notes) && added;
	}
	json_decref(notes);
	json_decref(origins);
	return added;
}
