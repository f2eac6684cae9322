/*
 * Cleanup by scope: KH_AUTO(free_text) char *text = NULL; and ownership that
 * moves: return kh_steal(&text);
 */
#ifndef KH_PROTOCOL_CLEANUP_H
#define KH_PROTOCOL_CLEANUP_H

#include <stdlib.h>

#define KH_AUTO(function) __attribute__((cleanup(function)))

static inline void *kh_steal_pointer(void *address)
{
	void **from = address;
	void *pointer = *from;
	*from = NULL;
	return pointer;
}
#define kh_steal(address) ((__typeof__(*(address)))kh_steal_pointer(address))

static inline void kh_auto_free(void *address)
{
	free(*(void **)address);
}
#define KH_AUTO_FREE KH_AUTO(kh_auto_free)

#endif
