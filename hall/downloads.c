/* What people download. */
#include "downloads.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "cleanup.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* In a pattern VERSION and ARCH stand for what a name says there. */
static const struct hall_download_kind {
	const char *pattern;
	const char *name;
	const char *system;
	const char *architecture; /* where the name does not say it */
	const char *type;
} kinds[] = {
	{"keyhall-setup-VERSION-x64.exe", "exe", "windows", "x64", "application/vnd.microsoft.portable-executable"},
	{"keyhall-VERSION-x64.msi", "msi", "windows", "x64", "application/x-msi"},
	{"keyhall_VERSION_ARCH.deb", "deb", "linux", NULL, "application/vnd.debian.binary-package"},
	{"keyhall-VERSION-1.ARCH.rpm", "rpm", "linux", NULL, "application/x-rpm"},
	{"keyhall-VERSION.tar.gz", "source", NULL, NULL, "application/gzip"},
	{"keyhall-VERSION.tar.xz", "source", NULL, NULL, "application/x-xz"},
	{HALL_BUNDLE, "configuration", NULL, NULL, "application/json"},
	{HALL_BUNDLE_SIGNATURE, "signature", NULL, NULL, "application/jose"},
	{HALL_MANIFEST, "manifest", NULL, NULL, "application/jose"},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

struct hall_downloads {
	char *folder;
	mtx_t lock;
	struct hall_download items[HALL_DOWNLOADS_MAX], last[HALL_DOWNLOADS_MAX];
	size_t count, last_count;
};

/* ---- names ---- */

static bool match(const char *pattern, const char *name, struct hall_download *out);

/* The longest part that lets the rest match. */
static bool match_part(const char *rest, const char *name, const char *signs, char *part, size_t size,
		       struct hall_download *out)
{
	size_t length = strspn(name, signs);

	for (length = length < size ? length : size - 1; length > 0; length--) {
		if (match(rest, name + length, out)) {
			memcpy(part, name, length);
			part[length] = '\0';
			return true;
		}
	}
	return false;
}

static bool match(const char *pattern, const char *name, struct hall_download *out)
{
	if (strncmp(pattern, "VERSION", 7) == 0)
		return isdigit((unsigned char)*name) &&
		       match_part(pattern + 7, name, LETTERS DIGITS ".~-", out->version, sizeof(out->version), out);
	if (strncmp(pattern, "ARCH", 4) == 0)
		return match_part(pattern + 4, name, LETTERS DIGITS "_", out->architecture, sizeof(out->architecture),
				  out);
	if (*pattern == '\0' || *pattern != *name)
		return *pattern == *name;
	return match(pattern + 1, name + 1, out);
}

bool hall_download_read_name(const char *name, struct hall_download *out)
{
	*out = (struct hall_download){0};
	if (strlen(name) >= sizeof(out->name))
		return false;
	for (size_t i = 0; i < KINDS; i++) {
		if (!match(kinds[i].pattern, name, out))
			continue;
		out->kind = &kinds[i];
		strcpy(out->name, name);
		if (kinds[i].architecture)
			strcpy(out->architecture, kinds[i].architecture);
		return true;
	}
	return false;
}

static int weight(char sign)
{
	return sign == '~' ? -1 : (unsigned char)sign;
}

int hall_version_compare(const char *a, const char *b)
{
	while (*a != '\0' || *b != '\0') {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			char *after_a, *after_b;
			long left = strtol(a, &after_a, 10), right = strtol(b, &after_b, 10);
			if (left != right)
				return left < right ? -1 : 1;
			a = after_a;
			b = after_b;
		} else if (*a != *b) {
			return weight(*a) - weight(*b);
		} else {
			a++;
			b++;
		}
	}
	return 0;
}

/* ---- the folder ---- */

static FILE *open_file(const struct hall_downloads *downloads, const char *name, struct hall_file_mark *mark)
{
	HALL_AUTO_FREE char *path = hall_path(downloads->folder, name);
	return !path ? NULL : hall_file_open(path, mark);
}

static bool same_mark(const struct hall_file_mark *a, const struct hall_file_mark *b)
{
	return a->size == b->size && a->number == b->number && a->seconds == b->seconds &&
	       a->nanoseconds == b->nanoseconds;
}

/* From what was computed before, where the file is still the same. */
static bool hash(const struct hall_downloads *downloads, struct hall_download *item, FILE *file)
{
	for (size_t i = 0; i < downloads->last_count; i++) {
		const struct hall_download *known = &downloads->last[i];
		if (strcmp(known->name, item->name) == 0 && same_mark(&known->mark, &item->mark)) {
			memcpy(item->sha256, known->sha256, sizeof(item->sha256));
			return true;
		}
	}
	return hall_hash_file(file, item->sha256);
}

static void add(void *context, const char *name)
{
	struct hall_downloads *downloads = context;
	struct hall_download item;

	if (downloads->count == HALL_DOWNLOADS_MAX || !hall_download_read_name(name, &item))
		return;
	FILE *file = open_file(downloads, name, &item.mark);
	if (!file)
		return;
	if (hash(downloads, &item, file))
		downloads->items[downloads->count++] = item;
	fclose(file);
}

static int compare(const void *a, const void *b)
{
	const struct hall_download *left = a, *right = b;
	int versions = hall_version_compare(right->version, left->version);

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return versions != 0 ? versions : strcmp(left->name, right->name);
}

static bool look(struct hall_downloads *downloads)
{
	memcpy(downloads->last, downloads->items, sizeof(downloads->items));
	downloads->last_count = downloads->count;
	downloads->count = 0;
	bool there = hall_folder_each(downloads->folder, add, downloads);
	qsort(downloads->items, downloads->count, sizeof(*downloads->items), compare);
	return there;
}

enum hall_code hall_downloads_open(const char *folder, struct hall_downloads **downloads, struct hall_error *error)
{
	struct hall_downloads *out = calloc(1, sizeof(*out));

	if (!out || mtx_init(&out->lock, mtx_plain) != thrd_success) {
		free(out);
		return hall_fail_call(error, "calloc", "downloads");
	}
	out->folder = strdup(folder);
	if (out->folder && look(out)) {
		*downloads = out;
		return HALL_OK;
	}
	hall_downloads_close(out);
	return hall_fail_field(error, "--downloads");
}

void hall_downloads_close(struct hall_downloads *downloads)
{
	if (!downloads)
		return;
	mtx_destroy(&downloads->lock);
	free(downloads->folder);
	free(downloads);
}

static const char *given(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static json_t *item_json(const struct hall_download *item)
{
	char url[HALL_DOWNLOAD_NAME_SIZE + 16];

	snprintf(url, sizeof(url), "/downloads/%s", item->name);
	return json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:I, s:s}", "name", item->name, "url", url, "kind",
			 item->kind->name, "system", item->kind->system, "architecture", given(item->architecture),
			 "version", given(item->version), "size", (json_int_t)item->mark.size, "sha256", item->sha256);
}

json_t *hall_downloads_json(struct hall_downloads *downloads)
{
	json_t *list = json_array();

	if (!downloads)
		return list;
	mtx_lock(&downloads->lock);
	look(downloads);
	for (size_t i = 0; i < downloads->count; i++)
		json_array_append_new(list, item_json(&downloads->items[i]));
	mtx_unlock(&downloads->lock);
	return list;
}

FILE *hall_downloads_take(struct hall_downloads *downloads, const char *name, size_t *length, const char **type)
{
	struct hall_download item;

	if (!downloads || !hall_download_read_name(name, &item))
		return NULL;
	FILE *file = open_file(downloads, name, &item.mark);
	if (file) {
		*length = (size_t)item.mark.size;
		*type = item.kind->type;
	}
	return file;
}
