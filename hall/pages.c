/* Files the hall gives to browsers. */
#include "pages.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "system.h"

#define FILE_MAX (8 * 1024 * 1024)
#define PATH_MAX_BYTES 200

static const struct {
	const char *ending;
	const char *type;
} types[] = {
	{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
	{".svg", "image/svg+xml"}, {".png", "image/png"}, {".ico", "image/x-icon"},
	{".json", "application/json"}, {".woff2", "font/woff2"}, {".ts", "text/plain; charset=utf-8"},
	{".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path)
{
	size_t length = strlen(path);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		size_t ending = strlen(types[i].ending);
		if (length > ending && strcmp(path + length - ending, types[i].ending) == 0)
			return types[i].type;
	}
	return NULL;
}

static bool is_plain(const char *path)
{
	if (path[0] != '/' || strlen(path) > PATH_MAX_BYTES)
		return false;
	for (const char *at = path; *at != '\0'; at++) {
		if (*at == '/' && (at[1] == '.' || at[1] == '/'))
			return false;
		if (*at != '/' && !isalnum((unsigned char)*at) && strchr("._-", *at) == NULL)
			return false;
	}
	return true;
}

/* The folder a path lives in; path moves behind the part that names it. */
static const char *folder_of(const struct hall_site *site, const char **path)
{
	if (strncmp(*path, "/sdk/", 5) == 0) {
		*path += 5;
		return site->sdk;
	}
	*path += 1;
	return site->pages;
}

static bool read_page(const char *folder, const char *name, const char *ending, struct hall_page *page)
{
	char path[4096];
	int length = snprintf(path, sizeof(path), "%s/%s%s", folder, name, ending);
	if (length < 0 || (size_t)length >= sizeof(path) || type_of(path) == NULL)
		return false;
	page->data = hall_file_read(path, FILE_MAX, &page->length);
	page->type = type_of(path);
	return page->data != NULL;
}

enum hall_code hall_page_read(const struct hall_site *site, const char *path, struct hall_page *page,
			      struct hall_error *error)
{
	if (!is_plain(path))
		return hall_fail(error, HALL_E_PAGE_ABSENT);
	const char *folder = folder_of(site, &path);
	size_t length = strlen(path);
	bool index = length == 0 || path[length - 1] == '/';

	if (index ? read_page(folder, path, "index.html", page)
		  : read_page(folder, path, "", page) || read_page(folder, path, ".html", page))
		return HALL_OK;
	return hall_fail(error, HALL_E_PAGE_ABSENT);
}
