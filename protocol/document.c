/*
 * JSON text to a jansson tree.
 */
#include "document.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"

/* Of jansson's memory: how much is to be wiped when it is freed. */
union head {
	size_t size;
	max_align_t alignment;
};

static void *allocate(size_t size)
{
	union head *head;

	if (size > SIZE_MAX - sizeof(*head))
		return NULL;
	head = malloc(sizeof(*head) + size);
	if (!head)
		return NULL;
	head->size = size;
	return head + 1;
}

static void release(void *block)
{
	union head *head = block;

	if (!head)
		return;
	head--;
	kh_wipe(block, head->size);
	free(head);
}

/* A message may hold what must not stay. Nothing of jansson's is older than this: it is called nowhere else. */
static void wipe_what_is_freed(void)
{
	static bool done;

	if (!done)
		json_set_alloc_funcs(allocate, release);
	done = true;
}

static enum kh_code no_json(size_t line, size_t column, struct kh_error *error)
{
	enum kh_code code = kh_fail_field(error, "");

	if (error)
		snprintf(error->value, sizeof(error->value), "%zu:%zu", line, column);
	return code;
}

/* A NUL outside of strings, which jansson may pass over. */
static enum kh_code refuse_nul(const char *text, const char *nul, struct kh_error *error)
{
	const char *start = text;
	size_t line = 1;

	for (const char *at = text; (at = memchr(at, '\n', (size_t)(nul - at))); start = ++at)
		line++;
	return no_json(line, (size_t)(nul - start) + 1, error);
}

static enum kh_code refuse_at(struct kh_place *place, const char *text, size_t length, size_t depth_max,
			      struct kh_error *error)
{
	char field[sizeof(error->field)];

	(void)kh_place_find(place, text, length, depth_max);
	kh_place_text(place, 0, field, sizeof(field));
	return kh_fail_field(error, field);
}

static enum kh_code refuse(const json_error_t *where, struct kh_place *place, const char *text, size_t length,
			   size_t depth_max, struct kh_error *error)
{
	size_t position = where->position > 0 && (size_t)where->position < length ? (size_t)where->position : length;

	enum json_error_code code = json_error_code(where);

	if (code == json_error_out_of_memory)
		return kh_fail_call(error, KH_AGENT_FAILED, "malloc", "");
	if (code == json_error_duplicate_key || code == json_error_null_byte_in_key ||
	    code == json_error_numeric_overflow)
		return refuse_at(place, text, position, depth_max, error);
	return no_json((size_t)where->line, (size_t)where->column, error);
}

enum kh_code kh_document_read(const char *text, size_t length, size_t depth_max, json_t **out, struct kh_place *place,
			      struct kh_error *error)
{
	const char *nul = memchr(text, '\0', length);
	json_error_t where;

	wipe_what_is_freed();
	if (!kh_place_find(place, text, length, depth_max))
		return kh_fail_field(error, "");
	place->depth = 0;
	if (nul)
		return refuse_nul(text, nul, error);
	*out = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &where);
	return *out ? KH_OK : refuse(&where, place, text, length, depth_max, error);
}
