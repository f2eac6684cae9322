/* Built without libzip. */
#include "tool/archive.h"

enum kh_code kh_archive_write(const char *path, const struct kh_archive_entry *entries, size_t count,
			      struct kh_error *error)
{
	(void)path;
	(void)entries;
	(void)count;
	return kh_fail_call(error, KH_AGENT_FAILED, "libzip:", "this program was built without it");
}
