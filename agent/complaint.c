/*
 * Saying what is wrong with a configuration.
 */
#include "complaint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "locate.h"
#include "text.h"

#define MOST 64 /* faults of a file that are told */

static void say(struct kh_complaint *complaint, size_t line, const char *key, const char *what)
{
	char number[24];
	const char *values[] = {"file", complaint->file, "line", line > 0 ? number : NULL, "key", key, "what", what,
				NULL};

	snprintf(number, sizeof(number), "%zu", line);
	if (complaint->out->length > 0)
		kh_buffer_append_text(complaint->out, "\n");
	kh_text(complaint->out, complaint->locale, key ? "settings.key" : "settings.file", values);
	complaint->wrong = true;
}

/* The place of a key in what is sound, as it stands in the file: an item that is gone
 * counts there. shown: its path. */
static bool find(const struct kh_complaint *complaint, const char *key, struct kh_location *location, char *shown,
		 size_t size)
{
	const char *last = strrchr(key, '.');
	bool there = kh_locate(complaint->sound.data, complaint->sound.length, key, location);
	char path[KH_ERROR_DATA_FIELD_MAX + 1];

	kh_locate_path(complaint->text.data, location->value, path, sizeof(path));
	if (there)
		snprintf(shown, size, "%s", path[0] != '\0' ? path : key);
	else
		snprintf(shown, size, "%s%s%s", path, path[0] != '\0' ? "." : "", last ? last + 1 : key);
	return there;
}

static bool tell(struct kh_complaint *complaint, const char *key, const char *what, struct kh_location *location)
{
	char shown[2 * KH_ERROR_DATA_FIELD_MAX + 2];
	bool there = find(complaint, key, location, shown, sizeof(shown));

	say(complaint, kh_locate_line(complaint->text.data, location->start), shown, what);
	return there;
}

void kh_complain(struct kh_complaint *complaint, const char *key, const char *what)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	struct kh_location location;

	kh_text(&text, complaint->locale, what, NULL);
	if (key && complaint->sound.data)
		tell(complaint, key, text.data, &location);
	else
		say(complaint, 0, key, text.data);
}

static void say_unreadable(struct kh_complaint *complaint, const struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer text = {0};
	const char *values[] = {"place", error->value, NULL};

	kh_text(&text, complaint->locale, error->value[0] != '\0' ? "settings.syntax" : "settings.object", values);
	say(complaint, 0, NULL, text.data);
}

/* True: said, and taken out of what is sound. */
static bool take_out(struct kh_complaint *complaint, const struct kh_error *error)
{
	KH_AUTO(kh_buffer_finish) struct kh_buffer what = {0};
	struct kh_location location;
	bool there;

	if (error->field[0] == '\0') {
		say_unreadable(complaint, error);
		return false;
	}
	kh_allowed(&kh_config_type, error->field, complaint->locale, &what);
	there = tell(complaint, error->field, what.data, &location);
	if (!there && !strchr(error->field, '.'))
		return false;
	kh_locate_blank(complaint->sound.data, complaint->sound.length, &location);
	return true;
}

bool kh_complaint_decode(struct kh_complaint *complaint, struct kh_config *out)
{
	struct kh_error error = {0};

	kh_buffer_append(&complaint->sound, complaint->text.data, complaint->text.length);
	for (int i = 0; i < MOST && !complaint->sound.failed; i++) {
		if (kh_decode(&kh_config_type, complaint->sound.data, complaint->sound.length, out, &error) == KH_OK)
			return true;
		if (!take_out(complaint, &error))
			return false;
	}
	return false;
}

void kh_complaint_forget(struct kh_complaint *complaint)
{
	kh_buffer_finish(&complaint->text);
	kh_buffer_finish(&complaint->sound);
}
