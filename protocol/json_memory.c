/*
 * jansson's memory: wiped when freed. A block begins with its own size.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec.h"
#include "secret.h"

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

void kh_codec_init(void)
{
	json_set_alloc_funcs(allocate, release);
}
