/* Files the hall gives to browsers. */
#include "pages.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"

#define FILE_MAX (8 * 1024 * 1024)
#define PATH_MAX_BYTES 200
#define INCLUDE "<!--#include virtual=\"/"
#define INCLUDE_END "\" -->"

static const struct {
	const char *ending;
	const char *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".mjs", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".json", "application/json"},
	{".woff2", "font/woff2"},
	{".ts", "text/plain; charset=utf-8"},
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
		if (*at != '/' && !isalnum((unsigned char)*at) && !strchr("._-", *at))
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
	if (length < 0 || (size_t)length >= sizeof(path) || !type_of(path))
		return false;
	page->data = hall_file_read(path, FILE_MAX, &page->length);
	page->type = type_of(path);
	return page->data;
}

/* length bytes of the page at `at` make room for the part. */
static bool put_part(struct hall_page *page, size_t at, size_t length, const struct hall_page *part)
{
	size_t after = page->length - at - length;
	char *data = malloc(at + part->length + after + 1);

	if (!data)
		return false;
	memcpy(data, page->data, at);
	memcpy(data + at, part->data, part->length);
	memcpy(data + at + part->length, page->data + at + length, after);
	data[at + part->length + after] = '\0';
	free(page->data);
	page->data = data;
	page->length = at + part->length + after;
	return true;
}

/* Server-side includes, as Apache and nginx know them; not within a part. */
static bool include_parts(const char *folder, struct hall_page *page)
{
	size_t from = 0;
	char *found, *end;
	bool good = true;

	while (good && (found = strstr(page->data + from, INCLUDE)) && (end = strstr(found, INCLUDE_END))) {
		struct hall_page part = {0};
		size_t at = (size_t)(found - page->data);
		size_t length = (size_t)(end - found) + strlen(INCLUDE_END);

		*end = '\0';
		good = is_plain(found + strlen(INCLUDE) - 1) && read_page(folder, found + strlen(INCLUDE), "", &part) &&
		       put_part(page, at, length, &part);
		from = at + part.length;
		free(part.data);
	}
	return good;
}

static bool read_whole(const char *folder, const char *name, const char *ending, struct hall_page *page)
{
	if (!read_page(folder, name, ending, page))
		return false;
	if (strncmp(page->type, "text/html", 9) != 0 || include_parts(folder, page))
		return true;
	free(page->data);
	page->data = NULL;
	return false;
}

enum hall_code hall_page_read(const struct hall_site *site, const char *path, struct hall_page *page,
			      struct hall_error *error)
{
	if (!is_plain(path))
		return hall_fail(error, HALL_E_PAGE_ABSENT);
	const char *folder = folder_of(site, &path);
	size_t length = strlen(path);
	bool index = length == 0 || path[length - 1] == '/';

	if (index ? read_whole(folder, path, "index.html", page)
		  : read_whole(folder, path, "", page) || read_whole(folder, path, ".html", page))
		return HALL_OK;
	return hall_fail(error, HALL_E_PAGE_ABSENT);
}
