/*
 * The mark's page as an anonymous shared memory file.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "mark.h"
#include "mark_page.h"

enum kh_code kh_mark_page_make(int *handle, struct kh_error *error)
{
	int made = memfd_create("keyhall-mark", MFD_CLOEXEC);
	enum kh_code code;

	if (made < 0)
		return kh_fail_system(error, "memfd_create");
	if (ftruncate(made, KH_MARK_SIZE) == 0) {
		*handle = made;
		return KH_OK;
	}
	code = kh_fail_system(error, "ftruncate");
	close(made);
	return code;
}

enum kh_code kh_mark_page_map(int handle, char **page, struct kh_error *error)
{
	void *mapped;

	if (lseek(handle, 0, SEEK_END) < KH_MARK_SIZE)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_mark_open", "size");
	mapped = mmap(NULL, KH_MARK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
	if (mapped == MAP_FAILED)
		return kh_fail_system(error, "mmap");
	*page = mapped;
	return KH_OK;
}

void kh_mark_page_unmap(char *page)
{
	munmap(page, KH_MARK_SIZE);
}
