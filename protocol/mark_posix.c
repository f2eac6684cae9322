/*
 * The mark's page as an anonymous shared memory file.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "inherited.h"
#include "mark.h"

static enum kh_code map(struct kh_mark *mark, int handle, struct kh_error *error)
{
	void *page = mmap(NULL, KH_MARK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);

	if (page == MAP_FAILED)
		return kh_fail_system(error, "mmap");
	*mark = (struct kh_mark){page, handle};
	return KH_OK;
}

enum kh_code kh_mark_create(struct kh_mark *mark, struct kh_error *error)
{
	int handle = memfd_create("keyhall-mark", MFD_CLOEXEC);
	enum kh_code code;

	if (handle < 0)
		return kh_fail_system(error, "memfd_create");
	code = ftruncate(handle, KH_MARK_SIZE) == 0 ? map(mark, handle, error) : kh_fail_system(error, "ftruncate");
	if (code != KH_OK)
		close(handle);
	return code;
}

enum kh_code kh_mark_open(struct kh_mark *mark, const char *number, struct kh_error *error)
{
	enum kh_code code;
	int handle;

	*mark = (struct kh_mark){0};
	if (!number)
		return KH_OK;
	code = kh_inherited_open(number, &handle, error);
	if (code != KH_OK)
		return code;
	if (lseek(handle, 0, SEEK_END) < KH_MARK_SIZE)
		return kh_fail_call(error, KH_AGENT_FAILED, "kh_mark_open", "size");
	return map(mark, handle, error);
}

void kh_mark_finish(struct kh_mark *mark)
{
	if (mark->page) {
		munmap(mark->page, KH_MARK_SIZE);
		close(mark->handle);
	}
	*mark = (struct kh_mark){0};
}
