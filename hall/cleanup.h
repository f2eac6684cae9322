/* Cleanup by scope: HALL_AUTO(hall_auto_free) char *text = NULL; ownership
 * moves with hall_steal(&text). */
#ifndef HALL_CLEANUP_H
#define HALL_CLEANUP_H

#include <stdlib.h>

#include <jansson.h>

#define HALL_AUTO(function) __attribute__((cleanup(function)))
#define HALL_AUTO_FREE HALL_AUTO(hall_auto_free)
#define HALL_AUTO_JSON HALL_AUTO(hall_auto_json)

static inline void *hall_steal_pointer(void *address)
{
	void **from = address;
	void *pointer = *from;
	*from = NULL;
	return pointer;
}
#define hall_steal(address) ((__typeof__(*(address)))hall_steal_pointer(address))

static inline void hall_auto_free(void *address)
{
	free(*(void **)address);
}

static inline void hall_auto_json(json_t **json)
{
	json_decref(*json);
}

#endif
