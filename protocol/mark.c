/*
 * The mark.
 */
#include "mark.h"

#include <ctype.h>
#include <string.h>

#include "inherited.h"
#include "mark_page.h"

/* Takes the handle over. */
static enum kh_code map(struct kh_mark *mark, int handle, struct kh_error *error)
{
	char *page;
	enum kh_code code = kh_mark_page_map(handle, &page, error);

	if (code == KH_OK)
		*mark = (struct kh_mark){page, handle};
	else
		kh_inherited_close(handle);
	return code;
}

enum kh_code kh_mark_create(struct kh_mark *mark, struct kh_error *error)
{
	int handle;
	enum kh_code code = kh_mark_page_make(&handle, error);

	return code == KH_OK ? map(mark, handle, error) : code;
}

enum kh_code kh_mark_open(struct kh_mark *mark, const char *number, struct kh_error *error)
{
	enum kh_code code;
	int handle;

	*mark = (struct kh_mark){0};
	if (!number)
		return KH_OK;
	code = kh_inherited_open(number, &handle, error);
	return code == KH_OK ? map(mark, handle, error) : code;
}

void kh_mark_finish(struct kh_mark *mark)
{
	if (mark->page) {
		kh_mark_page_unmap(mark->page);
		kh_inherited_close(mark->handle);
	}
	*mark = (struct kh_mark){0};
}

int kh_mark_handle(const struct kh_mark *mark)
{
	return mark->page ? mark->handle : -1;
}

void kh_mark_set(struct kh_mark *mark, const char *call)
{
	volatile char *page = mark->page;
	size_t i;

	if (!page)
		return;
	for (i = 0; i + 1 < KH_MARK_SIZE && call[i]; i++)
		page[i] = call[i];
	page[i] = '\0';
}

static bool is_name(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

void kh_mark_get(const struct kh_mark *mark, char *call, size_t size)
{
	char name[KH_MARK_SIZE] = "";
	size_t length;

	if (mark->page)
		memcpy(name, mark->page, sizeof(name) - 1);
	length = strlen(name);
	if (length >= size || !is_name(name))
		length = 0;
	memcpy(call, name, length);
	call[length] = '\0';
}
