/*
 * Writing a .zip.
 */
#include "tool/archive.h"

#include <stdio.h>
#include <zip.h>

static enum kh_code failed(const char *call, int number, struct kh_error *error)
{
	char value[24];

	snprintf(value, sizeof(value), "%d", number);
	return kh_fail_call(error, KH_AGENT_FAILED, call, value);
}

static bool add(zip_t *zip, const struct kh_archive_entry *entry)
{
	zip_source_t *source = zip_source_buffer(zip, entry->text.data, entry->text.length, 0);

	if (!source)
		return false;
	if (zip_file_add(zip, entry->name, source, ZIP_FL_ENC_UTF_8) >= 0)
		return true;
	zip_source_free(source);
	return false;
}

enum kh_code kh_archive_write(const char *path, const struct kh_archive_entry *entries, size_t count,
			      struct kh_error *error)
{
	int number = 0;
	zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_EXCL, &number);
	bool fine = true;

	if (!zip)
		return failed("zip_open", number, error);
	for (size_t i = 0; fine && i < count; i++)
		fine = add(zip, &entries[i]);
	if (fine && zip_close(zip) == 0)
		return KH_OK;
	number = zip_error_code_zip(zip_get_error(zip));
	zip_discard(zip);
	return failed(fine ? "zip_close" : "zip_file_add", number, error);
}
