/*
 * The configuration as the daemon works with it: layered from the system's
 * file, the user's file and the one of --config, defaults below them, every
 * value checked.
 */
#ifndef KH_AGENT_SETTINGS_H
#define KH_AGENT_SETTINGS_H

#include "bytes.h"
#include "configuration.h"
#include "system.h"
#include "window.h"

struct kh_settings {
	struct kh_config config; /* what has a default is set */
	char state[KH_PATH_MAX]; /* folder */
	char given[KH_PATH_MAX]; /* the file of --config, absolute; "": none */
	struct kh_period before, after;
	bool enforce;
	bool locale_is_given; /* by a file, and not the default */
};

/* given: the file of --config or NULL. On failure complaints holds a line for everything
 * that is wrong: file, line, key and what it must be; the settings need no finish then.
 * locale: of these; NULL: the system's, where it says none zh-CN. */
KH_CHECKED enum kh_code kh_settings_load(const char *given, const char *locale, struct kh_settings *settings,
					 struct kh_buffer *complaints);

/* The same over named files in turn; those that are not there are skipped but
 * for the last, which is skipped only when it is NULL. */
KH_CHECKED enum kh_code kh_settings_load_files(const char *const *files, size_t count, const char *locale,
					       struct kh_settings *settings, struct kh_buffer *complaints);
void kh_settings_finish(struct kh_settings *settings);

/* The user's file; "" where the system says no home. */
void kh_settings_own_file(char *path, size_t size);

/* A file's text, at most KH_SETTINGS_FILE_MAX bytes. */
#define KH_SETTINGS_FILE_MAX (256 * 1024)
KH_CHECKED enum kh_code kh_settings_text(const char *path, struct kh_buffer *text);

/* What one text says, before it is anybody's file: no defaults, nothing else below it. name: what complaints call it.
 * config is set where all of it is right; kh_clear() it. */
KH_CHECKED enum kh_code kh_settings_read(const char *name, const struct kh_buffer *text, const char *locale,
					 struct kh_config *config, struct kh_buffer *complaints);

/* The user's language: what a file says, else the system's, else the default. */
void kh_settings_locale(const struct kh_settings *settings, char *locale, size_t size);

/* scheme://host[:port] as a browser sends it: http or https, lower case, no
 * path, no default port. */
bool kh_settings_origin(const char *text);

#endif
