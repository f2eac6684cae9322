/*
 * Writing and reading the mark; how the page is shared is in mark_posix.c and mark_win.c.
 */
#include "mark.h"

#include <ctype.h>
#include <string.h>

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
