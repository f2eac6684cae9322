/*
 * Keeping a secret's page out of swap and core dumps; once per system.
 */
#ifndef KH_PROTOCOL_SECRET_LOCK_H
#define KH_PROTOCOL_SECRET_LOCK_H

#include <stddef.h>

/* Best effort. Pages stay locked: another secret may live on the same one. */
void kh_secret_lock(const void *address, size_t length);

#endif
